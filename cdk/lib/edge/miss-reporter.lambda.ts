/** Lambda@Edge entry, origin-request event. The settings are bundled in at synth. */
import settings from "warmfront:settings";
import { missReporter } from "./runtime/miss-reporter.ts";

export const handler = missReporter(settings);
