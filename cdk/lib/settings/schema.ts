/**
 * Checks a value against a JSON Schema, with every problem in words.
 */
import type { ErrorObject } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";

/** Every way in which `value` breaks `schema`, in words; defaults of the schema are filled into `value`. */
export function schemaProblems(schema: object, value: unknown): string[] {
  const ajv = new Ajv2020({ allErrors: true, useDefaults: true, verbose: true, strict: false });
  const validate = ajv.compile(schema);
  if (validate(value)) return [];
  return (validate.errors ?? []).filter((error) => !WRAPPERS.has(error.keyword)).map(inWords);
}

// These only repeat that one of their parts failed, and the parts are reported as well.
const WRAPPERS = new Set(["if", "allOf", "propertyNames"]);

function inWords(error: ErrorObject): string {
  const place = error.instancePath === "" ? "the file" : error.instancePath.slice(1).replaceAll("/", ".");
  switch (error.keyword) {
    case "additionalProperties":
    case "unevaluatedProperties": {
      const name = error.params.additionalProperty ?? error.params.unevaluatedProperty;
      return `${place}: unknown field "${name}"; known: ${Object.keys(error.parentSchema?.properties ?? {}).join(", ")}`;
    }
    case "required":
      return `${place}: "${error.params.missingProperty}" is missing`;
    case "enum":
      return `${place}: ${JSON.stringify(error.data)} is not one of ${error.params.allowedValues.join(", ")}`;
    case "pattern": {
      const hint = error.parentSchema?.["x-form"] ?? error.parentSchema?.description;
      return `${place}: ${JSON.stringify(error.data)} does not match ${error.params.pattern}${hint ? ` (${hint})` : ""}`;
    }
    default:
      return `${place}: ${JSON.stringify(error.data)} ${error.message}`;
  }
}
