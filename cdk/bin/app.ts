/** Reads the settings and makes the stacks. */
import { addStacks, newApp } from "../lib/app.ts";
import { InvalidFile } from "../lib/contract/schema.ts";
import { defaultSettingsFile, readSettings } from "../lib/settings/settings.ts";

try {
  const app = newApp();
  addStacks(app, readSettings(app.node.tryGetContext("settings") ?? defaultSettingsFile()));
} catch (error) {
  // Its message is all there is to know; a stack trace would bury it.
  if (!(error instanceof InvalidFile)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
