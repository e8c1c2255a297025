/** The linter ships no types of its own. */
declare module "asl-validator" {
  export default function validate(
    definition: object,
    options?: { checkPaths?: boolean; checkArn?: boolean },
  ): { isValid: boolean; errors: { Message: string }[] };
}
