// Lambda@Edge entry, origin-response event. The settings are bundled in at synth.
import settings from "warmfront:settings";
import { cacheTagger } from "./cache-tagger.mjs";

export const handler = cacheTagger(settings);
