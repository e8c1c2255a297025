/**
 * What a rule is.
 */
import type { Contract } from "../contract/contract.ts";
import type { DistributionSettings, PipelineSettings, Settings } from "./settings.ts";

/** What is wrong, with its mend; nothing where all is well. */
export type Problems = string | false | undefined | readonly string[];

/** A rule of the pipeline's settings. */
export type PipelineRule = (pipeline: PipelineSettings, settings: Settings) => Problems;

/** A rule of the distribution's settings; it counts only where there is a distribution. */
export type DistributionRule = (distribution: DistributionSettings, pipeline: PipelineSettings) => Problems;

/** A rule between settings and the contract. */
export type ContractRule = (contract: Contract, settings: Settings) => Problems;
