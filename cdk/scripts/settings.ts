/**
 * Makes the settings' interface and their table in the documentation from `settings.schema.json`: `npm run settings`.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The part of JSON Schema that the settings use, and the keywords that the schema's own comment explains. */
interface Schema {
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly (string | number)[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema | false;
  readonly "x-name"?: string;
  readonly "x-type"?: string;
  readonly "x-default"?: string;
  readonly "x-path"?: string;
  readonly "x-derived"?: boolean;
  readonly "x-typescript"?: string;
}

const at = (path: string): URL => new URL(`../${path}`, import.meta.url);

/** The schema, and the two files that are made from it. */
export const SCHEMA = JSON.parse(readFileSync(at("settings.schema.json"), "utf8")) as Schema;
export const INTERFACE_FILE = fileURLToPath(at("lib/settings/settings.ts"));
export const TABLE_FILE = fileURLToPath(at("settings.md"));

/** More values than these are not spelled out as a type. */
const SPELLED_OUT = 10;

/** TypeScript for the settings as the app has them: defaults filled in, paths absolute, files read. */
export function interfaceOf(schema: Schema): string {
  const named: string[] = [];
  const type = (given: Schema): string => {
    const each = resolved(given, schema);
    if (each["x-typescript"]) return each["x-typescript"];
    if (each.enum && each.enum.length <= SPELLED_OUT)
      return each.enum.map((value) => JSON.stringify(value)).join(" | ");
    if (each.enum) return typeof each.enum[0];
    if (each.type === "array") return `readonly ${type(each.items as Schema)}[]`;
    if (each.properties) return each["x-name"] ? declare(each, each["x-name"]) : body(each);
    if (each.type === "object")
      return `Readonly<Record<string, ${type(each.additionalProperties as Schema)}>>`;
    return each.type === "integer" ? "number" : (each.type as string);
  };
  const body = (each: Schema): string => `{\n${fields(each)}\n}`;
  const fields = (each: Schema): string =>
    settingsOf(each)
      .map(([name, field]) => {
        const optional = isOptional(resolved(field, schema), name, each) ? "?" : "";
        return `  /** ${field.description}. */\n  readonly ${name}${optional}: ${indented(type(field))};`;
      })
      .join("\n");
  const declare = (each: Schema, name: string): string => {
    named.push(`/** ${each.description}. */\nexport interface ${name} ${body(each)}\n`);
    return name;
  };
  declare({ ...schema, description: "Everything that the app is told" }, "Settings");
  const head =
    "/** Made from `settings.schema.json` by `npm run settings`; the schema is the place for changes. */\n";
  return [head, ...named].join("\n");
}

/** The documentation page with a row for each setting. */
export function tableOf(schema: Schema): string {
  const rows = (each: Schema, before: string): string[] =>
    settingsOf(each).flatMap(([name, given]) => {
      const field = resolved(given, schema);
      if (field.properties) return rows(field, `${before}${name}.`);
      const cells = [
        `\`${before}${name}\``,
        form(field),
        defaultOf(field, name, each),
        field.description ?? "",
      ];
      return [`| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`];
    });
  return [
    "# Settings of the CDK app",
    "",
    "Made from [`settings.schema.json`](settings.schema.json) by `npm run settings`. How the file is found and what its",
    "paths are relative to: [README](README.md#settings). Without `distribution` there is no distribution, and its own",
    "rows do not count.",
    "",
    "| setting | form | default | meaning |",
    "|---|---|---|---|",
    ...rows(schema, ""),
    "",
  ].join("\n");
}

function settingsOf(schema: Schema): [string, Schema][] {
  return Object.entries(schema.properties ?? {}).filter(([name]) => name !== "$schema");
}

/** `given` with what it refers to; its own keywords win. */
function resolved(given: Schema, root: Schema): Schema {
  if (!given.$ref) return given;
  return { ...root.$defs?.[given.$ref.replace("#/$defs/", "")], ...given };
}

function isOptional(field: Schema, name: string, parent: Schema): boolean {
  const filled = field.default !== undefined || field["x-path"] !== undefined || field["x-derived"];
  return !filled && !parent.required?.includes(name);
}

function form(field: Schema): string {
  if (field["x-type"]) return field["x-type"];
  if (field.enum && field.enum.length > SPELLED_OUT) return `one of ${field.enum.join(", ")}`;
  if (field.enum) return field.enum.map((value) => `\`${value}\``).join(", ");
  if (field.type === "integer") return `${field.minimum} to ${field.maximum}`;
  return field.type as string;
}

function defaultOf(field: Schema, name: string, parent: Schema): string {
  if (field["x-default"]) return field["x-default"];
  if (field["x-path"]) return `\`${field["x-path"]}\``;
  if (field.default === undefined) return parent.required?.includes(name) ? "required" : "none";
  return `\`${typeof field.default === "string" ? field.default : JSON.stringify(field.default)}\``;
}

function indented(text: string): string {
  return text.replaceAll("\n", "\n  ");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(INTERFACE_FILE, interfaceOf(SCHEMA));
  writeFileSync(TABLE_FILE, tableOf(SCHEMA));
}
