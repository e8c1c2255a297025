/** Reads the settings and makes the stacks. */
import { addStacks, newApp } from "../lib/app.ts";
import { defaultSettingsFile, readInstallation } from "../lib/settings/read.ts";

// Faults of this program; everything else is about what it was given.
const FAULTS = [TypeError, ReferenceError, RangeError, SyntaxError];

try {
  // Not at the end of the process, where nothing would catch what synthesis finds.
  const app = newApp({ autoSynth: false });
  addStacks(app, readInstallation(app.node.tryGetContext("settings") ?? defaultSettingsFile()));
  app.synth();
} catch (error) {
  if (!(error instanceof Error) || FAULTS.some((fault) => error instanceof fault)) throw error;
  // Its message is all there is to know; a stack trace would bury it.
  console.error(error.message);
  process.exitCode = 1;
}
