/**
 * The tenant id: one canonical spelling, the same as in the Rust crate. Both read shared/vectors/tenant-ids.json in
 * their tests, and a property test compares them on random input.
 */

/** Longest tenant id, in characters (all of them ASCII, so also in bytes). */
export const MAX_LENGTH = 64;

/** What a canonical tenant id looks like. */
export const PATTERN = "[a-z0-9][a-z0-9._-]*";

const CANONICAL = new RegExp(`^${PATTERN}$`);

/**
 * The canonical spelling of `given`, or null where it is no tenant id.
 *
 * Upper-case ASCII is folded; anything else outside the alphabet is rejected and never repaired: a repair would map two
 * tenants onto one cache tag. `toLowerCase` alone is no ASCII fold (it turns the Kelvin sign into a `k`), so the fold
 * names its letters.
 */
export function canonicalTenantId(given: unknown): string | null {
  if (typeof given !== "string" || given.length > MAX_LENGTH) return null;
  const folded = given.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return CANONICAL.test(folded) ? folded : null;
}
