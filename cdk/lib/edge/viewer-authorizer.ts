/**
 * The edge function that decides whose answer a viewer gets, before the cache is asked.
 */
import { Token } from "aws-cdk-lib";
import { LambdaEdgeEventType } from "aws-cdk-lib/aws-cloudfront";
import type { Construct } from "constructs";
import type { Contract } from "../contract/contract.ts";
import { checkUserPool } from "./contract-checks.ts";
import { edgeCode, type TokenSettings } from "./edge-bundle.ts";
import { EdgeFunction } from "./edge-function.ts";

/** Properties of {@link ViewerAuthorizer}. */
export interface ViewerAuthorizerProps {
  /** The contract: tenant header, claim, query names, variants. */
  readonly contract: Contract;
  /** The pool whose tokens are verified: its id as text, since it is bundled at synth. */
  readonly userPoolId: string;
  /**
   * The app clients whose tokens count, the prewarmer's among them.
   * @default every client of the pool
   */
  readonly clientIds?: readonly string[];
  /**
   * Which token viewers send. Custom attributes are in id tokens only, unless a trigger adds them.
   * @default "id"
   */
  readonly tokenUse?: "id" | "access";
  /**
   * The pool's public keys, bundled, so that no edge location has to fetch them first.
   * @default fetched on first use
   */
  readonly jwks?: { readonly keys: readonly object[] };
  /**
   * Whether a CORS preflight passes without a token, for front ends on another origin.
   * @default false
   */
  readonly corsPreflight?: boolean;
  /**
   * Origins of front ends, such as `https://app.example.com`, whose pages may read what the authorizer refuses.
   * @default none
   */
  readonly corsOrigins?: readonly string[];
  /**
   * The cookie that holds the token where a request has no `Authorization`, as links and downloads have none.
   * @default tokens in `Authorization` only
   */
  readonly tokenCookie?: string;
}

/** Viewer-request: verifies the token, overwrites the tenant header, normalises the variants. */
export class ViewerAuthorizer extends EdgeFunction {
  constructor(scope: Construct, id: string, props: ViewerAuthorizerProps) {
    if (Token.isUnresolved(props.userPoolId)) {
      throw new Error(
        `${scope.node.path}/${id}: userPoolId is known only once the pool is deployed, and an edge function has its ` +
          "settings in its code, which is made before; deploy the pool first, and give its id as text, such as " +
          'from a context value: this.node.getContext("userPoolId")',
      );
    }
    const userPool: TokenSettings = {
      userPoolId: props.userPoolId,
      clientIds: props.clientIds ?? null,
      tokenUse: props.tokenUse ?? "id",
      jwks: props.jwks ?? null,
    };
    const problems = checkUserPool(userPool);
    if (problems.length > 0) throw new Error(`${id}:\n${problems.map((each) => `  - ${each}`).join("\n")}`);
    super(scope, id, {
      description: "Verifies viewers' tokens and names their tenant",
      code: edgeCode("viewer-authorizer", {
        contract: props.contract,
        userPool,
        corsPreflight: props.corsPreflight ?? false,
        corsOrigins: props.corsOrigins ?? [],
        tokenCookie: props.tokenCookie,
      }),
      eventType: LambdaEdgeEventType.VIEWER_REQUEST,
      role: "authorizer",
    });
  }
}
