"""Requests a list of paths with httpx over HTTP/2, on uvloop; drops the bodies, tells how many were good."""

import asyncio
import json
import ssl
import sys

# httpx loads these three when the first client connects: here before anything is measured.
import h2.connection  # noqa: F401
import httpcore  # noqa: F401
import httpcore._async.http2  # noqa: F401
import httpx
import uvloop


async def warm(job, verifying):
    counted = {"good": 0, "bytes": 0}
    paths = iter(job["paths"])

    async with httpx.AsyncClient(
        base_url=job["base"],
        headers=job["headers"],
        http2=True,
        verify=verifying,
        timeout=job["timeout"],
        limits=httpx.Limits(max_connections=job["concurrency"]),
        trust_env=False,
    ) as client:

        async def worker():
            for path in paths:
                async with client.stream("GET", path) as answer:
                    async for chunk in answer.aiter_raw():
                        counted["bytes"] += len(chunk)
                    counted["good"] += answer.status_code == 200

        await asyncio.gather(*(worker() for _ in range(job["concurrency"])))
    return counted


context = ssl.create_default_context(cafile=sys.argv[1])
print("ready", flush=True)
order = json.loads(sys.stdin.readline())
print(json.dumps(uvloop.run(warm(order, context))), flush=True)
sys.stdin.readline()
