// Canonicalises line by line, for the test that compares this side with the Rust one:
// a JSON string per line in, a JSON string or null per line out. It answers when its input ends.
import { readFileSync } from "node:fs";
import { canonicalTenantId } from "../../lib/edge/runtime/tenant-id.ts";

// Not node:readline: it also ends lines at U+2028, which JSON strings may hold as it is.
const lines = readFileSync(0, "utf8").split("\n").slice(0, -1);
process.stdout.write(
  lines.map((line) => `${JSON.stringify(canonicalTenantId(JSON.parse(line)))}\n`).join(""),
);
