/** The module that is generated at synth and bundled into every entry. */
declare module "warmfront:settings" {
  const settings: import("../edge-bundle.ts").EdgeSettings & {
    /** Null in bundles that verify nothing; their entries do not read it. */
    readonly userPool: import("../edge-bundle.ts").TokenSettings;
  };
  export default settings;
}
