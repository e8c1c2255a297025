"""Asks CloudFront for the purge of a tenant's cache tag."""

import os

import boto3

CLOUDFRONT = boto3.client("cloudfront")


def handler(event, _context):
    created = CLOUDFRONT.create_invalidation(
        DistributionId=os.environ["DISTRIBUTION_ID"],
        InvalidationBatch={
            "Paths": {"Quantity": 1, "Items": [f"#tenant:{event['tenant']}"]},
            "CallerReference": event["execution"],
        },
    )["Invalidation"]
    return {"id": created["Id"], "createTime": created["CreateTime"].isoformat()}
