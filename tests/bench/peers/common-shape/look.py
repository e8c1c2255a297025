"""Looks at an invalidation once."""

import os

import boto3

CLOUDFRONT = boto3.client("cloudfront")


def handler(event, _context):
    found = CLOUDFRONT.get_invalidation(DistributionId=os.environ["DISTRIBUTION_ID"], Id=event["id"])
    return {"status": found["Invalidation"]["Status"]}
