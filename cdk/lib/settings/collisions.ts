/**
 * What two installations in one app would both make, and only one can have.
 */
import type { Settings } from "./settings.ts";

/** Every collision of `settings` with `others`, with its mend. */
export function collisions(settings: Settings, others: readonly Settings[]): string[] {
  return others.flatMap((other) => [...ofStacks(settings, other), ...ofPools(settings, other)]);
}

function ofStacks(one: Settings, other: Settings): string[] {
  if (one.account !== other.account) return [];
  const problems: string[] = [];
  if (one.stackPrefix === other.stackPrefix) {
    problems.push(`stackPrefix: another installation has ${one.stackPrefix} too; give each its own`);
  }
  const prefix = one.pipeline.parameterPrefix;
  const sameRegion = one.region === other.region || (one.distribution && other.distribution);
  if (sameRegion && prefix === other.pipeline.parameterPrefix) {
    problems.push(
      `pipeline.parameterPrefix: the installation ${other.stackPrefix} has ${prefix} too, and CloudFormation refuses a parameter that exists; leave it out, or give each its own`,
    );
  }
  return problems;
}

function ofPools({ pipeline: one }: Settings, { stackPrefix, pipeline: other }: Settings): string[] {
  const bothMakeUsers = !one.clientId && !other.clientId;
  if (!bothMakeUsers || one.userPoolId !== other.userPoolId) return [];
  const problems: string[] = [];
  if (one.serviceUser.username === other.serviceUser.username) {
    problems.push(
      `pipeline.serviceUser.username: the installation ${stackPrefix} makes ${one.serviceUser.username} in the same pool too; leave it out, or give each its own`,
    );
  }
  if (one.serviceUser.createGroup && other.serviceUser.createGroup) {
    problems.push(
      `pipeline.serviceUser.createGroup: the installation ${stackPrefix} makes the group in the same pool too; set it to false in one of them`,
    );
  }
  return problems;
}
