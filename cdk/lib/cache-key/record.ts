/**
 * How the deployed cache key is written down: as the text of an SSM parameter, and as a digest in the lock file.
 */
import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { type Composition, canonical } from "./composition.ts";

/** What a standard parameter holds: https://docs.aws.amazon.com/general/latest/gr/ssm.html#limits_ssm */
export const MAX_RECORD = 4096;

const COMPRESSED = "gzip:";

/** The parameter's value; compressed only where it would be too long. */
export function recordOf(composition: Composition): string {
  const text = canonical(composition);
  return text.length <= MAX_RECORD ? text : COMPRESSED + gzipSync(text, { level: 9 }).toString("base64");
}

/** The composition that a parameter's value stands for. */
export function fromRecord(record: string): Composition {
  const text = record.startsWith(COMPRESSED)
    ? gunzipSync(Buffer.from(record.slice(COMPRESSED.length), "base64")).toString("utf8")
    : record;
  return JSON.parse(text) as Composition;
}

/** A short name for a composition. */
export function digestOf(composition: Composition): string {
  return createHash("sha256").update(canonical(composition)).digest("hex").slice(0, 32);
}
