/**
 * An app's templates as far as the rulebook reads them, at any time after construction: with what escape hatches and
 * aspects have changed by then.
 */
import { CfnElement, CfnResource, Stack } from "aws-cdk-lib";
import type { CfnDistribution, Distribution } from "aws-cdk-lib/aws-cloudfront";
import type { Rendered } from "./rulebook.ts";

/**
 * Of resources, only what says how a distribution behaves. Others may be made from what is found here, as the record of
 * the cache key is, and would ask for themselves.
 */
const READ = /^AWS::(CloudFront|Lambda|S3)::/;

type Template = Record<string, Record<string, unknown>>;

/** The templates of the app that `distribution` is in, its own first. */
export function rendered(distribution: Distribution): Rendered {
  const own = Stack.of(distribution);
  const templates = new Map<Stack, Template>([[own, {}]]);
  for (const each of distribution.node.root.node.findAll()) {
    if (!CfnElement.isCfnElement(each)) continue;
    if (CfnResource.isCfnResource(each) && !READ.test(each.cfnResourceType)) continue;
    const stack = Stack.of(each);
    const template = templates.get(stack) ?? {};
    templates.set(stack, template);
    for (const [section, entries] of Object.entries(fragment(each, stack))) {
      template[section] = { ...template[section], ...entries };
    }
  }
  const resource = distribution.node.defaultChild as CfnDistribution;
  return { templates: [...templates.values()], distribution: own.resolve(resource.logicalId) };
}

function fragment(element: CfnElement, stack: Stack): Template {
  // Not declared, since it is internal, but the only place where overrides have been applied.
  const made = (element as unknown as { _toCloudFormation(): object })._toCloudFormation();
  return stack.resolve(made) ?? {};
}
