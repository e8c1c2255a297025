// Types of contract-checks.mjs for the CDK app.

/** Problems with `variants`: each `send` must normalise to its own value. */
export function checkVariants(contract: object): string[];
/** Problems with the tags that the tagger would write. */
export function checkTags(contract: object): string[];
/** Problems with the headers that the edge functions write. */
export function checkHeaders(contract: object): string[];
/** Problems with the settings that tokens are verified with. */
export function checkUserPool(userPool: object): string[];
