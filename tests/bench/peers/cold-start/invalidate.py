"""Asks CloudFront for one purge of a tenant's cache tag."""

import hashlib
import json
import os

import boto3
from botocore.config import Config

DISTRIBUTION = os.environ["DISTRIBUTION_ID"]
with open(os.path.join(os.environ["LAMBDA_TASK_ROOT"], "contract.json"), encoding="utf-8") as file:
    CONTRACT = json.load(file)

# Made at init, as Lambda's guide advises. Input is not validated a second time, against the model.
CLOUDFRONT = boto3.client(
    "cloudfront",
    config=Config(parameter_validation=False, connect_timeout=3, read_timeout=5, tcp_keepalive=True),
)


def handler(event, _context):
    """Checks that the distribution reads tags from the contract's header, and purges the tag."""
    if event["ordinal"] == 1:
        config = CLOUDFRONT.get_distribution_config(Id=DISTRIBUTION)["DistributionConfig"]
        header = config.get("CacheTagConfig", {}).get("HeaderName", "")
        if header.lower() != CONTRACT["tagHeader"].lower():
            raise RuntimeError(f"the distribution reads cache tags from {header!r}")
    item = f"#{CONTRACT['tagPrefix']}{event['tenant']}"
    reference = "\n".join([event["execution"]["Id"], str(event["ordinal"]), item])
    created = CLOUDFRONT.create_invalidation(
        DistributionId=DISTRIBUTION,
        InvalidationBatch={
            "Paths": {"Quantity": 1, "Items": [item]},
            "CallerReference": hashlib.sha256(reference.encode()).hexdigest(),
        },
    )["Invalidation"]
    print(json.dumps({"level": "INFO", "message": "invalidation created", "invalidation": created["Id"]}))
    return {
        "id": created["Id"],
        "target": {"distribution": DISTRIBUTION},
        "items": [item],
        "ordinal": event["ordinal"],
        "createTime": created["CreateTime"].isoformat(),
        "status": "InProgress",
    }
