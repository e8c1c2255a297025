/**
 * Compares the cache key with the deployed one while CloudFormation deploys, before the distribution is touched:
 * the lock file only knows what was accepted here, the SSM parameter knows what is out there.
 */
import { CustomResource, Duration, Lazy, Stack } from "aws-cdk-lib";
import type { Distribution } from "aws-cdk-lib/aws-cloudfront";
import { Architecture, Runtime } from "aws-cdk-lib/aws-lambda";
import { StringParameter } from "aws-cdk-lib/aws-ssm";
import { Construct } from "constructs";
import { readDistribution } from "../distribution/distribution-model.ts";
import { lambdaCode } from "../lambda/lambda-code.ts";
import { allow, LeastPrivilegeFunction } from "../lambda/least-privilege-function.ts";
import { canonical, type HeaderMeaning } from "./cache-key.ts";
import { compositionOf, readLock, unaccepted } from "./cache-key-lock.ts";

/** Properties of {@link CacheKeyGuard}. */
export interface CacheKeyGuardProps {
  /** The distribution whose key is guarded. */
  readonly distribution: Distribution;
  /** The committed lock file. */
  readonly lockFile: string;
  /** What headers stand for, for the text of errors. */
  readonly meaning: HeaderMeaning;
  /** The SSM parameter with the deployed key. */
  readonly parameterName: string;
  /**
   * Whether a key that is not accepted is an error at synth. Off only while it is being accepted.
   * @default true
   */
  readonly enforce?: boolean;
}

/** An error at synth where the key is not the accepted one, and at deployment where it replaces an unknown one. */
export class CacheKeyGuard extends Construct {
  /** Holds the deployed composition. */
  readonly parameter: StringParameter;

  constructor(scope: Construct, id: string, props: CacheKeyGuardProps) {
    super(scope, id);
    const composition = () => compositionOf(readDistribution(props.distribution));
    if (props.enforce ?? true) {
      this.node.addValidation({ validate: () => unaccepted(props.lockFile, composition(), props.meaning) });
    }
    const text = Lazy.string({ produce: () => canonical(composition()) });
    const before = Lazy.string({ produce: () => canonical(readLock(props.lockFile)?.replaces ?? []) });

    const check = new CustomResource(this, "Check", {
      resourceType: "Custom::CacheKeyGuard",
      serviceToken: this.guard(props.parameterName).function.functionArn,
      serviceTimeout: Duration.minutes(2),
      properties: {
        ParameterName: props.parameterName,
        Composition: text,
        Replaces: before,
        Meaning: JSON.stringify(props.meaning),
      },
    });
    props.distribution.node.addDependency(check);
    this.parameter = new StringParameter(this, "Deployed", {
      parameterName: props.parameterName,
      description: "The cache key of each behaviour as it is deployed",
      stringValue: text,
    });
    this.parameter.node.addDependency(props.distribution);
  }

  private guard(parameterName: string): LeastPrivilegeFunction {
    return new LeastPrivilegeFunction(this, "Guard", {
      description: "Refuses a deployment whose cache key replaces one that was not accepted",
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: "index.handler",
      code: lambdaCode(new URL("./cache-key-guard.lambda.ts", import.meta.url)),
      memorySize: 256,
      timeout: Duration.seconds(30),
      permissions: [
        allow(
          "ReadDeployedKey",
          ["ssm:GetParameter"],
          Stack.of(this).formatArn({
            service: "ssm",
            resource: "parameter",
            resourceName: parameterName.slice(1),
          }),
        ),
      ],
    });
  }
}
