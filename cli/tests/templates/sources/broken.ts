// The broken distribution in CDK TypeScript.
import { App, Duration, Stack, Tags } from "aws-cdk-lib";
import * as cloudfront from "aws-cdk-lib/aws-cloudfront";
import { HttpOrigin } from "aws-cdk-lib/aws-cloudfront-origins";
import * as lambda from "aws-cdk-lib/aws-lambda";

const app = new App();
const stack = new Stack(app, "Broken", { env: { region: "us-east-1", account: "123456789012" } });

function edge(role: string, options: Partial<lambda.FunctionProps>): lambda.Version {
  const made = new lambda.Function(stack, role, {
    runtime: lambda.Runtime.NODEJS_22_X,
    handler: "index.handler",
    code: lambda.Code.fromInline("exports.handler = async (event) => event.Records[0].cf.request;"),
    timeout: Duration.seconds(5),
    ...options,
  });
  Tags.of(made).add("warmfront:role", role);
  return made.currentVersion;
}
const authorizer = edge("authorizer", { memorySize: 512, tracing: lambda.Tracing.ACTIVE });
edge("tagger", {});

const key = new cloudfront.CachePolicy(stack, "Key", {
  minTtl: Duration.seconds(60),
  defaultTtl: Duration.days(1),
  maxTtl: Duration.days(7),
  headerBehavior: cloudfront.CacheHeaderBehavior.allowList("X-Organization-Id", "x-locale-bucket"),
  queryStringBehavior: cloudfront.CacheQueryStringBehavior.allowList("organization", "organization_id", "window"),
  enableAcceptEncodingBrotli: true,
  enableAcceptEncodingGzip: true,
});
function forward(id: string, denied: string[], cookies: boolean): cloudfront.OriginRequestPolicy {
  return new cloudfront.OriginRequestPolicy(stack, id, {
    headerBehavior: cloudfront.OriginRequestHeaderBehavior.denyList(...denied),
    queryStringBehavior: cloudfront.OriginRequestQueryStringBehavior.all(),
    cookieBehavior: cookies
      ? cloudfront.OriginRequestCookieBehavior.all()
      : cloudfront.OriginRequestCookieBehavior.none(),
  });
}
const forwardUncached = forward("ForwardUncached", ["host"], true);
const common = {
  origin: new HttpOrigin("api.example.com", { readTimeout: Duration.seconds(60) }),
  viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
  allowedMethods: cloudfront.AllowedMethods.ALLOW_ALL,
  responseHeadersPolicy: new cloudfront.ResponseHeadersPolicy(stack, "HideTags", {
    removeHeaders: ["cache-tag"],
  }),
};
const edgeLambdas = [
  { eventType: cloudfront.LambdaEdgeEventType.VIEWER_REQUEST, functionVersion: authorizer },
];
const uncached = {
  ...common,
  cachePolicy: cloudfront.CachePolicy.CACHING_DISABLED,
  originRequestPolicy: forwardUncached,
  edgeLambdas,
};
new cloudfront.Distribution(stack, "Distribution", {
  defaultBehavior: uncached,
  additionalBehaviors: {
    "/api/version": uncached,
    "/login": {
      ...common,
      cachePolicy: cloudfront.CachePolicy.CACHING_DISABLED,
      originRequestPolicy: forward("ForwardAnonymous", ["host", "x-organization-id"], true),
    },
    "/api/*": {
      ...common,
      viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.ALLOW_ALL,
      cachePolicy: key,
      originRequestPolicy: forward("ForwardToApi", ["host", "accept-language", "user-agent"], false),
      compress: false,
      edgeLambdas,
    },
  },
  errorResponses: [
    { httpStatus: 404, responseHttpStatus: 200, responsePagePath: "/index.html" },
    { httpStatus: 503, ttl: Duration.seconds(60) },
  ],
});
app.synth();
