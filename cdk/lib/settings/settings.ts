/** Made from `settings.schema.json` by `npm run settings`; the schema is the place for changes. */

/** Settings of the refresh pipeline. */
export interface PipelineSettings {
  /** The distribution that is purged. */
  readonly distributionId?: string;
  /** Where the prewarmer sends requests. */
  readonly baseUrl?: string;
  /** The pool of the service user, and of the viewers. */
  readonly userPoolId: string;
  /** The app client of the service user, with `ALLOW_ADMIN_USER_PASSWORD_AUTH`. */
  readonly clientId?: string;
  /** JSON with `username`, `password`, `clientSecret` (optional), and for signed paths `signingKeyId` and `signingPrivateKey`. */
  readonly secretArn?: string;
  /** The KMS key of the secret, if it is not AWS's own: the prewarmer gets the right to decrypt with it, and a secret made here is encrypted with it. */
  readonly secretKeyArn?: string;
  /** What the binaries were built for; `host` is this machine's. */
  readonly architecture: "arm64" | "x86_64";
  /** Holds `{invalidate,poll,prewarm}/bootstrap`. */
  readonly binaries: string;
  /** The state machine. */
  readonly definition: string;
  /** Invocations at once of the function that creates purges, reserved of the account's: a crowd of runs queues at Lambda instead of spending CloudFront's rate on refused calls; 0 reserves none, for an account with less than 101. */
  readonly concurrentPurges: number;
  /** Memory of the functions. */
  readonly memory: {
    /** Memory of the function that creates the purge, in MiB. */
    readonly invalidate: number;
    /** Memory of the function that waits for it, in MiB. */
    readonly poll: number;
    /** Memory of the function that requests the endpoints, in MiB. */
    readonly prewarm: number;
  };
  /** Waiting for an invalidation. */
  readonly poll: {
    /** A run waits this long for an invalidation, then goes on without its end. */
    readonly budget: string;
    /** How long one invocation looks; at most 25 s. */
    readonly window: string;
  };
  /** Requests to the endpoints. */
  readonly prewarm: {
    /** Time limit of one prewarm invocation; at most 900 s, and longer than the slowest endpoint's. */
    readonly timeout: string;
    /** Requests at once. */
    readonly concurrency: number;
    /** A failed request is repeated later than this. */
    readonly errorCachingTtl?: string;
    /** Extra purges of one run. */
    readonly staleRepairs: number;
    /** Path patterns that the distribution answers to signed requests only: the prewarmer signs there, with the secret's `signingKeyId` and `signingPrivateKey`. */
    readonly signedPaths?: readonly string[];
  };
  /** Also allow purges of distribution tenants. */
  readonly distributionTenants: boolean;
  /** Lowest level that the functions log. */
  readonly logLevel: "trace" | "debug" | "info" | "warn" | "error";
  /** How long logs are kept. */
  readonly logRetentionDays: number;
  /** Which events of an execution are logged. */
  readonly executionLogLevel: "ALL" | "ERROR" | "FATAL" | "OFF";
  /** Log inputs and outputs of states too. */
  readonly logExecutionData: boolean;
  /** Where the SSM parameters lie: `{prefix}/state-machine-arn`, `{prefix}/state-machine-alias-arn`, `{prefix}/distribution-id` and, in us-east-1, `{prefix}/cache-key`. */
  readonly parameterPrefix: string;
  /** Further variables for all three functions, such as the SDK's own `AWS_ENDPOINT_URL_CLOUDFRONT`. */
  readonly functionEnvironment: Readonly<Record<string, string>>;
  /** The identity that is made where `clientId` is not given. */
  readonly serviceUser: {
    /** Name of the service user that is made where no `clientId` is given; an e-mail address if the pool asks for one. */
    readonly username: string;
    /** Also make the contract's `tenant.prewarmGroup`; `false` for every further installation in the same pool. */
    readonly createGroup: boolean;
    /** How often the service user's password changes: 4 hours to 1,000 days. */
    readonly rotateAfter: string;
  };
}

/** Settings of the distribution. */
export interface DistributionSettings {
  /** The API behind the distribution. */
  readonly apiDomain: string;
  /** How CloudFront reaches the API. */
  readonly apiProtocol: "https" | "http";
  /** Port of the API. */
  readonly apiPort?: number;
  /** Path before every request's own, such as a stage. */
  readonly apiPath?: string;
  /** Longest wait for a first byte, and between two packets. */
  readonly originReadTimeout?: string;
  /** The account's quota L-AECE9FA7; above 120 s it has to be asked for. */
  readonly originReadTimeoutQuota: string;
  /** Also how often a GET that timed out is repeated. */
  readonly connectionAttempts: number;
  /** Origin Shield, nearest to the API: one prewarmed answer then serves the world. */
  readonly originShieldRegion?: string;
  /** Tells the API that CloudFront is asking. */
  readonly originVerify?: {
    /** Header by which the API knows that CloudFront is asking. */
    readonly header: string;
    /** Plain-text secret with that header's value. */
    readonly secretArn: string;
  };
  /** Paths of the API that need no token, such as a login; never cached. */
  readonly publicPaths: readonly string[];
  /** Paths of the contract, or public ones, that CloudFront answers only to signed URLs or cookies of that key group; the prewarmer signs its requests there. */
  readonly signedPaths: Readonly<Record<string, string>>;
  /** A private bucket serves every path that is not the API's. */
  readonly staticSite: boolean;
  /** A private bucket answers where the API answers 500, 502, 503 or 504; the contract's paths then take GET, HEAD and OPTIONS only. */
  readonly lastKnownGood: boolean;
  /** Names of the site. */
  readonly domainNames: readonly string[];
  /** Certificate of those names; with it the TLS minimum is 1.2. */
  readonly certificateArn?: string;
  /** WAF web ACL. */
  readonly webAclArn?: string;
  /** How long CloudFront keeps an error; the pipeline's own setting follows it. */
  readonly errorCachingTtl: string;
  /** Standard access logs into a bucket of the stack. */
  readonly accessLogs: boolean;
  /** App clients whose tokens count; the prewarmer's has to be among them. */
  readonly clientIds?: readonly string[];
  /** Which token viewers send. */
  readonly tokenUse: "id" | "access";
  /** The pool's public keys (`/.well-known/jwks.json`), bundled with the authorizer. */
  readonly jwks?: { readonly keys: readonly object[] };
  /** Lets a CORS preflight pass without a token. */
  readonly corsPreflight: boolean;
  /** Front ends on other origins: their pages may read answers and refusals, and `Origin` stays out of the key. */
  readonly corsOrigins: readonly string[];
  /** The cookie that holds the token where a request has no `Authorization`, as links and downloads have none. */
  readonly tokenCookie?: string;
  /** The accepted cache key. */
  readonly cacheKeyLock: string;
}

/** Everything that the app is told. */
export interface Settings {
  /** The stacks are `{stackPrefix}Pipeline` and `{stackPrefix}Distribution`. */
  readonly stackPrefix: string;
  /** Account of the stacks. */
  readonly account?: string;
  /** Region of the pipeline; that of the user pool. */
  readonly region?: string;
  /** The contract that goes into every function. */
  readonly contract: string;
  /** Settings of the refresh pipeline. */
  readonly pipeline: PipelineSettings;
  /** Settings of the distribution. */
  readonly distribution?: DistributionSettings;
}
