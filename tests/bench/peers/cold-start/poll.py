"""Looks at an invalidation until it is done, within a window."""

import json
import time

import boto3
from botocore.config import Config

WINDOW = 20
PAUSE = 1.2

CLOUDFRONT = boto3.client(
    "cloudfront",
    config=Config(parameter_validation=False, connect_timeout=3, read_timeout=5, tcp_keepalive=True),
)


def handler(event, _context):
    """Answers when the invalidation is done, or when the window ends."""
    invalidation = event["invalidation"]
    end = time.monotonic() + WINDOW
    while True:
        found = CLOUDFRONT.get_invalidation(
            DistributionId=invalidation["target"]["distribution"], Id=invalidation["id"]
        )["Invalidation"]
        done = found["Status"] == "Completed"
        if done or time.monotonic() + PAUSE > end:
            print(json.dumps({"level": "INFO", "message": "looked", "status": found["Status"]}))
            return {**invalidation, "status": found["Status"], "settled": done}
        time.sleep(PAUSE)
