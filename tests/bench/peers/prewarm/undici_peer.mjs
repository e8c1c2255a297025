// Requests a list of paths with undici, drops the bodies, tells how many were good.
//
// `dispatch` is the fastest of undici's interfaces by its own benchmarks. No pipelining over HTTP/1.1:
// an answer that takes seconds would hold up those behind it.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { createSecureContext } from "node:tls";
import { Pool } from "undici";

const secureContext = createSecureContext({ ca: readFileSync(process.argv[2]) });

async function warm(job) {
  const multiplexed = job.base.startsWith("https:");
  const milliseconds = job.timeout * 1000;
  const pool = new Pool(job.base, {
    allowH2: multiplexed,
    connections: multiplexed ? 1 : job.concurrency,
    // With HTTP/2, the number of streams: the default of 1 would be one request at a time.
    pipelining: multiplexed ? job.concurrency : 1,
    headersTimeout: milliseconds,
    bodyTimeout: milliseconds,
    connect: { secureContext },
  });
  const counted = { good: 0, bytes: 0 };
  const paths = job.paths.values();

  const get = (path) =>
    new Promise((resolve, reject) => {
      let status = 0;
      pool.dispatch(
        { method: "GET", path, headers: job.headers },
        {
          onRequestStart() {},
          onResponseStart(_controller, statusCode) {
            status = statusCode;
          },
          onResponseData(_controller, chunk) {
            counted.bytes += chunk.length;
          },
          onResponseEnd() {
            counted.good += status === 200 ? 1 : 0;
            resolve();
          },
          onResponseError(_controller, error) {
            reject(error);
          },
        },
      );
    });

  const worker = async () => {
    for (const path of paths) await get(path);
  };
  await Promise.all(Array.from({ length: job.concurrency }, worker));
  return counted;
}

const lines = createInterface({ input: process.stdin });
process.stdout.write("ready\n");
for await (const line of lines) {
  if (line === "") break;
  process.stdout.write(`${JSON.stringify(await warm(JSON.parse(line)))}\n`);
}
process.exit();
