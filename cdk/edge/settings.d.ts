/** The module that the CDK app generates at synth and bundles into both entries. */
declare module "warmfront:settings" {
  const settings: {
    contract: import("../lib/contract/contract.ts").Contract;
    /** Null in the bundle of origin-response, which verifies nothing. */
    userPool: import("./token.mjs").UserPool;
    corsPreflight?: boolean;
  };
  export default settings;
}
