"""Uses the CloudFront API through boto3 and prints what it saw as JSON."""

import json
import sys

import boto3
from botocore.exceptions import ClientError

endpoint, distribution = sys.argv[1:]
client = boto3.client("cloudfront", endpoint_url=endpoint)


def create(reference, items, quantity=None, distribution=distribution):
    paths = {"Quantity": quantity or len(items), "Items": items}
    batch = {"Paths": paths, "CallerReference": reference}
    return client.create_invalidation(DistributionId=distribution, InvalidationBatch=batch)


def code_of(call):
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


created = create("r", ["#tenant:acme", "/a"])["Invalidation"]
waiter = client.get_waiter("invalidation_completed")
waiter.wait(DistributionId=distribution, Id=created["Id"], WaiterConfig={"Delay": 1, "MaxAttempts": 10})
waited = client.get_invalidation(DistributionId=distribution, Id=created["Id"])["Invalidation"]
got = client.get_distribution_config(Id=distribution)
updated = client.update_distribution(
    Id=distribution, DistributionConfig=got["DistributionConfig"], IfMatch=got["ETag"]
)["Distribution"]
arn = client.get_distribution(Id=distribution)["Distribution"]["ARN"]
pages = client.get_paginator("list_invalidations").paginate(DistributionId=distribution)
config = client.get_distribution_config(Id=distribution)["DistributionConfig"]
print(
    json.dumps(
        {
            "created": created["Status"],
            "waited": waited["Status"],
            "listed": sum(len(page["InvalidationList"]["Items"]) for page in pages),
            "tagHeader": config["CacheTagConfig"]["HeaderName"],
            "unchanged": updated["DistributionConfig"] == got["DistributionConfig"],
            "newVersion": client.get_distribution_config(Id=distribution)["ETag"] != got["ETag"],
            "tags": client.list_tags_for_resource(Resource=arn)["Tags"]["Items"],
            "tenants": len(client.list_distribution_tenants()["DistributionTenantList"]),
            "distributions": len(client.list_distributions(MaxItems="1")["DistributionList"]["Items"]),
            "replay": code_of(lambda: create("r", ["/b"])),
            "missing": code_of(lambda: create("r", ["/b"], distribution="ENONE")),
            "quantity": code_of(lambda: create("q", ["/b"], quantity=2)),
        }
    )
)
