declare module "@citizensadvice/form-to-rack-params" {
  export default function formToRackParams(form: FormData): Record<string, unknown>;
}

declare module "locutus/php/strings/parse_str.js" {
  export default function parseStr(query: string, variables: object): void;
}
