"""Logs in, requests a tenant's endpoints twice, and says which of them are cached and fresh."""

import json
import os
import time
from datetime import datetime, timezone

import boto3
import urllib3
from botocore.config import Config

BASE = os.environ["BASE_URL"]
with open(os.path.join(os.environ["LAMBDA_TASK_ROOT"], "contract.json"), encoding="utf-8") as file:
    CONTRACT = json.load(file)

CONFIG = Config(parameter_validation=False, connect_timeout=3, read_timeout=5, tcp_keepalive=True)
SECRETS = boto3.client("secretsmanager", config=CONFIG)
COGNITO = boto3.client("cognito-idp", config=CONFIG)
# botocore stands on urllib3: nothing more is loaded for the requests to the distribution.
HTTP = urllib3.PoolManager(retries=False)

TOKEN = {"id": None, "until": 0.0}


def token():
    """The service user's token, from memory while it lives."""
    if time.monotonic() < TOKEN["until"]:
        return TOKEN["id"]
    secret = json.loads(SECRETS.get_secret_value(SecretId=os.environ["SECRET_ID"])["SecretString"])
    result = COGNITO.admin_initiate_auth(
        UserPoolId=os.environ["USER_POOL_ID"],
        ClientId=os.environ["CLIENT_ID"],
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": secret["username"], "PASSWORD": secret["password"]},
    )["AuthenticationResult"]
    TOKEN["id"] = result["IdToken"]
    TOKEN["until"] = time.monotonic() + result["ExpiresIn"] - 120
    return TOKEN["id"]


def headers(tenant, variant, bearer):
    """What a browser of this variant sends."""
    sent = {
        "accept": "application/json",
        "accept-encoding": "gzip, deflate, br, zstd",
        CONTRACT["tenant"]["header"]: tenant,
        "authorization": f"Bearer {bearer}",
    }
    for kind in CONTRACT["variants"]:
        value = variant[kind["header"]]
        sent[kind["from"]] = next(v["send"] for v in kind["values"] if v["value"] == value)
    return sent


def request(path, sent, tenant, expected):
    """One GET: where the answer came from, and whether it is the tenant's and of the version."""
    answer = HTTP.request("GET", BASE + path, headers=sent, redirect=False, timeout=110)
    fresh = (
        answer.status == 200
        and answer.headers.get(CONTRACT["tenant"]["responseHeader"]) == tenant
        and int(answer.headers.get(CONTRACT["version"]["header"], "0")) >= expected
        and json.loads(answer.data)["organization"] == tenant
    )
    return fresh, answer.headers.get("x-cache", "").startswith("Hit"), answer


def handler(event, _context):
    """Warms what remains of the run."""
    run = event["run"]
    tenant, expected = run["tenant"], int(run["expectedVersion"])
    rows = []
    for target in event["progress"]["remaining"]:
        sent = headers(tenant, target["variant"], token())
        fresh, cached, answer = request(target["path"], sent, tenant, expected)
        if fresh and not cached:
            fresh, cached, answer = request(target["path"], sent, tenant, expected)
        row = {
            "path": target["path"],
            "variant": target["variant"],
            "verdict": "fresh" if fresh and cached else "stale",
            "status": answer.status,
            "xCache": answer.headers.get("x-cache"),
            "age": answer.headers.get("age"),
            "bytes": len(answer.data),
            "askedAt": datetime.now(timezone.utc).isoformat(),
        }
        rows.append(row)
        print(json.dumps({"level": "INFO", "message": "verdict", **row}))
    count = sum(row["verdict"] == "fresh" for row in rows)
    return {"next": "finished", "report": {"tenant": tenant, "endpoints": rows, "totals": {"fresh": count}}}
