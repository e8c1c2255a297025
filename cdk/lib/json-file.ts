/**
 * JSON files of the operator's, and the one error that lists everything that is wrong with one.
 */
import { readFileSync } from "node:fs";

/** A file that does not say what it must: the message lists every problem, one a line. */
export class InvalidFile extends Error {
  readonly problems: readonly string[];

  constructor(file: string, problems: readonly string[]) {
    super(
      `${file} has ${problems.length} problem(s):\n${problems.map((problem) => `  - ${problem}`).join("\n")}`,
    );
    this.name = "InvalidFile";
    this.problems = problems;
  }
}

/** Reads a text file; an error names the file. */
export function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new InvalidFile(file, [`cannot be read (${(cause as Error).message})`]);
  }
}

/** Reads a JSON file; a syntax error names the file. */
export function readJson(file: string): unknown {
  const text = readText(file);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InvalidFile(file, [`is not JSON: ${(cause as Error).message}`]);
  }
}
