/**
 * Percent-encoding, undone as strictly as a standard and as leniently as a chain of proxies would.
 */

/** More rounds of percent-encoding than any chain of proxies undoes. */
const MAX_DECODINGS = 5;

/**
 * A part without its percent-encoding; null where that is broken or no UTF-8. (A plus sign stays: neither it nor the
 * space that it may stand for occurs in a tenant id.)
 */
export function decodedOnce(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

/** The same without ever failing: broken escapes stay as they are, what is no UTF-8 becomes U+FFFD. */
export function decodedLeniently(part: string): string {
  return part.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) =>
    Buffer.from(escapes.replaceAll("%", ""), "hex").toString("utf8"),
  );
}

/** What a part is to readers that decode it not at all, once, twice and so on, until nothing changes. */
export function decodings(part: string): string[] {
  const layers = [part];
  for (let round = 0; round < MAX_DECODINGS; round += 1) {
    const next = decodedLeniently(layers.at(-1) as string);
    if (next === layers.at(-1)) break;
    layers.push(next);
  }
  return layers;
}
