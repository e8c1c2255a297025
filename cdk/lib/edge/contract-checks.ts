/**
 * What the CDK app asks at synth beside the rulebook, since only the edge functions' own code knows it. Every check
 * returns all problems, each with its mend; an empty list is good.
 */
import type { Contract } from "../contract/contract.ts";
import type { TokenSettings } from "./edge-bundle.ts";
import { header } from "./runtime/event.ts";
import { tokenVerifier } from "./runtime/token.ts";
import { variantValue } from "./runtime/variants.ts";

/** Each variant's `send` must normalise to its own value, or the prewarmer fills another entry than it reports. */
export function checkVariants(contract: Contract): string[] {
  const problems: string[] = [];
  for (const variant of contract.variants.filter(({ from }) => !from.startsWith("claim:"))) {
    for (const { value, send = "" } of variant.values) {
      const got = variantValue(variant, header(variant.from, send));
      if (got !== value) {
        problems.push(
          `variants ${variant.header}: ${variant.from} "${send}" gives "${got}", not "${value}": ` +
            `change \`send\` or \`matches\` of "${value}", or the order of the values`,
        );
      }
    }
  }
  return problems;
}

/** The verifier must be able to start with these settings. */
export function checkUserPool(userPool: TokenSettings): string[] {
  const problems: string[] = [];
  if (userPool.tokenUse !== "id" && userPool.tokenUse !== "access") {
    problems.push(`userPool.tokenUse is ${JSON.stringify(userPool.tokenUse)}; say "id" or "access"`);
  }
  if (userPool.clientIds !== null && !(Array.isArray(userPool.clientIds) && userPool.clientIds.length > 0)) {
    problems.push(
      "userPool.clientIds lets nobody in; list the app clients' ids, the prewarmer's too, or null for any client of the pool",
    );
  }
  const keys = userPool.jwks?.keys as readonly (Record<string, unknown> | null)[] | undefined;
  const arePublic =
    Array.isArray(keys) && keys.length > 0 && keys.every((key) => key?.kid && key.kty === "RSA" && !key.d);
  if (userPool.jwks && !arePublic) {
    problems.push(
      "userPool.jwks is not a list of public RSA keys; take it from the pool's /.well-known/jwks.json, or null to fetch it at run time",
    );
  }
  try {
    tokenVerifier(userPool);
  } catch (error) {
    problems.push(
      `userPool: ${error instanceof Error ? error.message : error}; a pool id looks like eu-central-1_AbCdEfGhI`,
    );
  }
  return problems;
}
