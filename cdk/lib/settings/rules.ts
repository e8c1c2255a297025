/**
 * Rules between settings, and between settings and the contract: what each field alone cannot say. A rule has a name,
 * and in the tests a mistake that breaks it.
 */
import type { Contract } from "../contract/contract.ts";
import { CONTRACT_RULES } from "./contract-rules.ts";
import { DISTRIBUTION_RULES } from "./distribution-rules.ts";
import { PIPELINE_RULES } from "./pipeline-rules.ts";
import type { Settings } from "./settings.ts";

/** Every breach of a rule; without a contract that can be read, of the rules that need none. */
export function contradictions(settings: Settings, contract: Contract | undefined): string[] {
  const { pipeline, distribution } = settings;
  return [
    ...Object.values(PIPELINE_RULES).map((rule) => rule(pipeline, settings)),
    ...(distribution ? Object.values(DISTRIBUTION_RULES).map((rule) => rule(distribution, pipeline)) : []),
    ...(contract ? Object.values(CONTRACT_RULES).map((rule) => rule(contract, settings)) : []),
  ].flatMap((found) => found || []);
}
