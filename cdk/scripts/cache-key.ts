/**
 * `cache-key.ts check|accept [SETTINGS]`: compares the cache key of the settings' distribution with the lock file, and
 * on `accept` writes the lock file anew.
 */
import { addStacks, newApp } from "../lib/app.ts";
import { changes } from "../lib/cache-key/cache-key.ts";
import { accept, compositionOf, meaningOf, readLock, unaccepted } from "../lib/cache-key/cache-key-lock.ts";
import { readDistribution } from "../lib/distribution/distribution-model.ts";
import { defaultSettingsFile, readInstallation } from "../lib/settings/read.ts";

const [command, settingsFile = defaultSettingsFile()] = process.argv.slice(2);
const installation = readInstallation(settingsFile);
const { settings, contract } = installation;
const app = newApp({
  context: { placeholders: "allow", cacheKey: "accept", "aws:cdk:bundling-stacks": [] },
});
const { distribution } = addStacks(app, installation);
if (!distribution || !settings.distribution) {
  console.log(`${settingsFile} has no distribution, so there is no cache key to guard`);
} else {
  const { cacheKeyLock } = settings.distribution;
  const composition = compositionOf(readDistribution(distribution.tenantCache.distribution));
  const meaning = meaningOf(contract);
  if (command === "accept") {
    const words = changes(readLock(cacheKeyLock)?.accepted ?? [], composition, meaning);
    accept(cacheKeyLock, composition);
    console.log(
      words.length > 0 ? words.map((change) => `accepted: ${change}`).join("\n") : "nothing has changed",
    );
  } else if (command === "check") {
    const problems = unaccepted(cacheKeyLock, composition, meaning);
    for (const problem of problems) console.error(problem);
    process.exitCode = problems.length > 0 ? 1 : 0;
  } else {
    console.error(`unknown command "${command}": use check or accept`);
    process.exitCode = 2;
  }
}
