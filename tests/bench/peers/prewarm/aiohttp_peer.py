"""Requests a list of paths with aiohttp on uvloop, drops the bodies, tells how many were good.

HTTP/1.1 only, as aiohttp is: one connection per request at a time.
"""

import asyncio
import json
import ssl
import sys

import aiohttp
import uvloop
from yarl import URL


async def warm(job, verifying):
    connector = aiohttp.TCPConnector(limit=job["concurrency"], ssl=verifying)
    counted = {"good": 0, "bytes": 0}
    paths = iter(job["paths"])

    async with aiohttp.ClientSession(
        connector=connector,
        headers=job["headers"],
        # Nothing here needs them, and the documentation says to turn them off for speed.
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        timeout=aiohttp.ClientTimeout(total=job["timeout"]),
    ) as session:

        async def worker():
            for path in paths:
                url = URL(job["base"] + path, encoded=True)
                async with session.get(url, allow_redirects=False) as answer:
                    async for chunk in answer.content.iter_any():
                        counted["bytes"] += len(chunk)
                    counted["good"] += answer.status == 200

        await asyncio.gather(*(worker() for _ in range(job["concurrency"])))
    return counted


context = ssl.create_default_context(cafile=sys.argv[1])
print("ready", flush=True)
order = json.loads(sys.stdin.readline())
print(json.dumps(uvloop.run(warm(order, context))), flush=True)
sys.stdin.readline()
