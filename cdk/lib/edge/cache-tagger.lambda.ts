/** Lambda@Edge entry, origin-response event. The settings are bundled in at synth. */
import settings from "warmfront:settings";
import { cacheTagger } from "./runtime/tagger.ts";

export const handler = cacheTagger(settings);
