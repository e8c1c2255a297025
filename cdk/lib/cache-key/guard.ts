/**
 * Compares the cache key with the deployed one while CloudFormation deploys, before the distribution is touched:
 * the lock file only knows what was accepted here, the SSM parameter knows what is out there.
 */
import { type CfnResource, CustomResource, Duration, Lazy, Stack } from "aws-cdk-lib";
import type { CfnDistribution, Distribution } from "aws-cdk-lib/aws-cloudfront";
import { Architecture, Runtime } from "aws-cdk-lib/aws-lambda";
import { StringParameter } from "aws-cdk-lib/aws-ssm";
import { Construct } from "constructs";
import { lambdaCode } from "../lambda/lambda-code.ts";
import { allow, LeastPrivilegeFunction } from "../lambda/least-privilege-function.ts";
import { rendered } from "../rulebook/rendered.ts";
import { cacheKeys } from "../rulebook/rulebook.ts";
import { type Composition, canonical, type HeaderMeaning } from "./composition.ts";
import { accept, readLock, unaccepted } from "./lock.ts";
import { MAX_RECORD, recordOf } from "./record.ts";

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
   * The command that accepts a key, for the text of errors: it synthesizes the app with the context `cacheKey=accept`.
   * @default "npx cdk synth --quiet --context cacheKey=accept"
   */
  readonly acceptCommand?: string;
}

/**
 * An error at synth where the key is not the accepted one, and at deployment where it replaces an unknown one.
 * With the context `cacheKey=accept`, synthesis writes the lock file instead.
 */
export class CacheKeyGuard extends Construct {
  /** Holds the deployed composition. */
  readonly parameter: StringParameter;

  constructor(scope: Construct, id: string, props: CacheKeyGuardProps) {
    super(scope, id);
    const composition = () => cacheKeys(rendered(props.distribution));
    this.node.addValidation({ validate: () => this.problems(composition(), props) });

    const check = new CustomResource(this, "Check", {
      resourceType: "Custom::CacheKeyGuard",
      serviceToken: this.guard(props.parameterName).function.functionArn,
      serviceTimeout: Duration.minutes(2),
      properties: {
        ParameterName: props.parameterName,
        Composition: Lazy.string({ produce: () => canonical(composition()) }),
        Earlier: Lazy.string({ produce: () => JSON.stringify(readLock(props.lockFile)?.earlier ?? []) }),
        Meaning: JSON.stringify(props.meaning),
      },
    });
    const distribution = props.distribution.node.defaultChild as CfnDistribution;
    distribution.addResourceDependency(check.node.defaultChild as CfnResource);
    this.parameter = new StringParameter(this, "Deployed", {
      parameterName: props.parameterName,
      description: "The cache key of each behaviour as it is deployed",
      stringValue: Lazy.string({ produce: () => recordOf(composition()) }),
    });
    (this.parameter.node.defaultChild as CfnResource).addResourceDependency(distribution);
  }

  private problems(composition: Composition, props: CacheKeyGuardProps): string[] {
    const { lockFile, meaning } = props;
    const { length } = recordOf(composition);
    if (length > MAX_RECORD) {
      return [
        `cache key: its record has ${length} characters, and an SSM parameter holds ${MAX_RECORD}; give the distribution fewer behaviours, or shorter patterns`,
      ];
    }
    if (this.node.tryGetContext("cacheKey") !== "accept") {
      const command = props.acceptCommand ?? "npx cdk synth --quiet --context cacheKey=accept";
      return unaccepted(lockFile, composition, meaning, command);
    }
    for (const change of accept(lockFile, composition, meaning)) console.error(`accepted: ${change}`);
    console.error(`${lockFile} is the accepted cache key`);
    return [];
  }

  private guard(parameterName: string): LeastPrivilegeFunction {
    return new LeastPrivilegeFunction(this, "Guard", {
      description: "Refuses a deployment whose cache key replaces one that was not accepted",
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: "index.handler",
      code: lambdaCode(new URL("./guard.lambda.ts", import.meta.url)),
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
