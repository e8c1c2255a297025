/**
 * Composition of the distribution stack: in us-east-1, where edge functions, certificates and web ACLs of CloudFront
 * have to be.
 */
import { CfnOutput, RemovalPolicy, Stack, type StackProps, Validations } from "aws-cdk-lib";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import { type IKeyGroup, KeyGroup } from "aws-cdk-lib/aws-cloudfront";
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  ObjectOwnership,
} from "aws-cdk-lib/aws-s3";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import type { Construct } from "constructs";
import { CacheKeyGuard } from "../cache-key/guard.ts";
import { meaningOf } from "../cache-key/lock.ts";
import type { Contract } from "../contract/contract.ts";
import { duration } from "../duration.ts";
import { CacheTagger } from "../edge/cache-tagger.ts";
import { MissReporter } from "../edge/miss-reporter.ts";
import { ViewerAuthorizer } from "../edge/viewer-authorizer.ts";
import type { DistributionSettings } from "../settings/settings.ts";
import type { ApiOriginProps } from "./api-origin.ts";
import { TenantCacheDistribution } from "./tenant-cache-distribution.ts";

/** Properties of {@link DistributionStack}. */
export interface DistributionStackProps extends StackProps {
  /** The distribution's settings. */
  readonly settings: DistributionSettings;
  /** What is cached and how. */
  readonly contract: Contract;
  /** The pool whose tokens viewers send. */
  readonly userPoolId: string;
  /** Where the SSM parameter with the deployed cache key lies. */
  readonly parameterPrefix: string;
  /**
   * The command that accepts a changed cache key, for the text of errors.
   * @default that of CacheKeyGuard
   */
  readonly acceptCommand?: string;
}

/** The distribution with its edge functions. */
export class DistributionStack extends Stack {
  /** The distribution. */
  readonly tenantCache: TenantCacheDistribution;

  constructor(scope: Construct, id: string, props: DistributionStackProps) {
    super(scope, id, { description: "Warmfront: distribution with tagged tenant responses", ...props });
    const { settings, contract } = props;
    const accessLogs = settings.accessLogs ? this.accessLogs() : undefined;
    this.tenantCache = new TenantCacheDistribution(this, "TenantCache", {
      contract,
      api: this.api(settings),
      tagger: new CacheTagger(this, "CacheTagger", { contract }),
      authorizer: new ViewerAuthorizer(this, "ViewerAuthorizer", {
        contract,
        userPoolId: props.userPoolId,
        clientIds: settings.clientIds,
        tokenUse: settings.tokenUse,
        jwks: settings.jwks,
        corsPreflight: settings.corsPreflight,
        corsOrigins: settings.corsOrigins,
        tokenCookie: settings.tokenCookie,
      }),
      missReporter: new MissReporter(this, "MissReporter", { contract }),
      staticSite: settings.staticSite ? this.originBucket("StaticSite", accessLogs) : undefined,
      lastKnownGood: settings.lastKnownGood ? this.originBucket("LastKnownGood", accessLogs) : undefined,
      publicPaths: settings.publicPaths,
      cors: { origins: settings.corsOrigins, withCookies: settings.tokenCookie !== undefined },
      signedPaths: this.keyGroups(settings.signedPaths),
      errorCachingTtl: duration(settings.errorCachingTtl),
      domainNames: settings.domainNames.length > 0 ? settings.domainNames : undefined,
      certificate: settings.certificateArn
        ? Certificate.fromCertificateArn(this, "Certificate", settings.certificateArn)
        : undefined,
      webAclArn: settings.webAclArn,
      accessLogs,
    });
    const { distribution } = this.tenantCache;
    new CacheKeyGuard(this, "CacheKey", {
      distribution,
      lockFile: settings.cacheKeyLock,
      meaning: meaningOf(contract),
      parameterName: `${props.parameterPrefix}/cache-key`,
      acceptCommand: props.acceptCommand,
    });
    new CfnOutput(this, "DistributionId", { value: distribution.distributionId });
    new CfnOutput(this, "DomainName", { value: distribution.distributionDomainName });
  }

  private api(settings: DistributionSettings): ApiOriginProps {
    const { originVerify, originReadTimeout } = settings;
    return {
      domainName: settings.apiDomain,
      path: settings.apiPath,
      protocol: settings.apiProtocol,
      port: settings.apiPort,
      readTimeout: originReadTimeout ? duration(originReadTimeout) : undefined,
      readTimeoutQuota: duration(settings.originReadTimeoutQuota),
      connectionAttempts: settings.connectionAttempts,
      originShieldRegion: settings.originShieldRegion,
      verify: originVerify && {
        header: originVerify.header,
        secret: Secret.fromSecretCompleteArn(this, "OriginVerify", originVerify.secretArn),
      },
    };
  }

  private keyGroups(signedPaths: DistributionSettings["signedPaths"]): Record<string, IKeyGroup> {
    const ids = [...new Set(Object.values(signedPaths))];
    const groups = new Map(ids.map((id) => [id, KeyGroup.fromKeyGroupId(this, `KeyGroup-${id}`, id)]));
    return Object.fromEntries(
      Object.entries(signedPaths).map(([pattern, id]) => [pattern, groups.get(id) as IKeyGroup]),
    );
  }

  private accessLogs(): Bucket {
    // CloudFront delivers by ACL: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/AccessLogs.html
    const bucket = this.bucket("AccessLogs", { objectOwnership: ObjectOwnership.OBJECT_WRITER });
    Validations.of(bucket).acknowledge({
      id: "AwsSolutions::AwsSolutions-S1",
      reason: "This is where access logs go",
    });
    return bucket;
  }

  private originBucket(id: string, accessLogs: Bucket | undefined): Bucket {
    const bucket = this.bucket(id, {
      serverAccessLogsBucket: accessLogs,
      serverAccessLogsPrefix: accessLogs ? `${id}/` : undefined,
    });
    if (!accessLogs) {
      Validations.of(bucket).acknowledge({
        id: "AwsSolutions::AwsSolutions-S1",
        reason: "The operator has switched access logs off",
      });
    }
    return bucket;
  }

  /** A private bucket; what is in it survives the stack. */
  private bucket(id: string, props: BucketProps): Bucket {
    return new Bucket(this, id, {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      removalPolicy: RemovalPolicy.RETAIN,
      ...props,
    });
  }
}
