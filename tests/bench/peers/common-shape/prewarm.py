"""Logs in and requests a tenant's endpoints, one after the other."""

import json
import os
from itertools import product

import boto3
import urllib3

SECRETS = boto3.client("secretsmanager")
COGNITO = boto3.client("cognito-idp")
HTTP = urllib3.PoolManager()

with open(os.path.join(os.environ["LAMBDA_TASK_ROOT"], "contract.json"), encoding="utf-8") as file:
    CONTRACT = json.load(file)


def token():
    secret = json.loads(SECRETS.get_secret_value(SecretId=os.environ["SECRET_ID"])["SecretString"])
    answer = COGNITO.admin_initiate_auth(
        UserPoolId=os.environ["USER_POOL_ID"],
        ClientId=os.environ["CLIENT_ID"],
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": secret["username"], "PASSWORD": secret["password"]},
    )
    return answer["AuthenticationResult"]["IdToken"]


def handler(event, _context):
    tenant = event["tenant"]
    headers = {
        "Authorization": f"Bearer {token()}",
        "Accept-Encoding": "gzip, deflate, br, zstd",
        CONTRACT["tenant"]["header"]: tenant,
    }
    variants = [
        [(variant["from"], value["send"]) for value in variant["values"] if value.get("prewarm", True)]
        for variant in CONTRACT["variants"]
    ]
    statuses = []
    for endpoint, variant in product(CONTRACT["endpoints"], product(*variants)):
        url = os.environ["BASE_URL"] + endpoint["path"].replace("{tenant}", tenant)
        answer = HTTP.request("GET", url, headers={**headers, **dict(variant)}, timeout=110)
        statuses.append(answer.status)
    if any(status != 200 for status in statuses):
        raise RuntimeError(f"not every endpoint was warmed: {statuses}")
    return {"warmed": len(statuses)}
