/**
 * Durations as the contract and the settings write them: `30s`, `15m`, `4h`, `7d`.
 */
import { Duration } from "aws-cdk-lib";

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** Whole seconds of a duration such as `15m`; the JSON schemas have already checked its form. */
export function seconds(text: string): number {
  const match = /^([1-9][0-9]*)([smhd])$/.exec(text);
  if (!match) {
    throw new Error(
      `"${text}" is no duration: write a whole number above 0 and one of s, m, h, d, as in 30s`,
    );
  }
  return Number(match[1]) * SECONDS[match[2] as keyof typeof SECONDS];
}

/** The same as a CDK duration. */
export function duration(text: string): Duration {
  return Duration.seconds(seconds(text));
}
