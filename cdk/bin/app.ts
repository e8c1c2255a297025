/** Reads the settings and makes the stacks. */
import { addStacks, newApp } from "../lib/app.ts";
import { defaultSettingsFile, readSettings } from "../lib/settings.ts";

const app = newApp();
addStacks(app, readSettings(app.node.tryGetContext("settings") ?? defaultSettingsFile()));
