/** Lambda@Edge entry, viewer-request event. The settings are bundled in at synth. */
import settings from "warmfront:settings";
import { viewerAuthorizer } from "./runtime/authorizer.ts";

export const handler = viewerAuthorizer(settings);
