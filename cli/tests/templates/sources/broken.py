"""The broken distribution in CDK Python."""

from aws_cdk import App, Duration, Environment, Stack, Tags
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_lambda as lambda_

app = App()
stack = Stack(app, "Broken", env=Environment(region="us-east-1", account="123456789012"))


def edge(role: str, **options) -> lambda_.Version:
    made = lambda_.Function(
        stack,
        role,
        runtime=lambda_.Runtime.NODEJS_22_X,
        handler="index.handler",
        code=lambda_.Code.from_inline("exports.handler = async (event) => event.Records[0].cf.request;"),
        timeout=Duration.seconds(5),
        **options,
    )
    Tags.of(made).add("warmfront:role", role)
    return made.current_version


authorizer = edge("authorizer", memory_size=512, tracing=lambda_.Tracing.ACTIVE)
edge("tagger")

key = cloudfront.CachePolicy(
    stack,
    "Key",
    min_ttl=Duration.seconds(60),
    default_ttl=Duration.days(1),
    max_ttl=Duration.days(7),
    header_behavior=cloudfront.CacheHeaderBehavior.allow_list("X-Organization-Id", "x-locale-bucket"),
    query_string_behavior=cloudfront.CacheQueryStringBehavior.allow_list(
        "organization", "organization_id", "window"
    ),
    enable_accept_encoding_brotli=True,
    enable_accept_encoding_gzip=True,
)


def forward(id: str, denied: list[str], cookies: bool) -> cloudfront.OriginRequestPolicy:
    behavior = cloudfront.OriginRequestCookieBehavior
    return cloudfront.OriginRequestPolicy(
        stack,
        id,
        header_behavior=cloudfront.OriginRequestHeaderBehavior.deny_list(*denied),
        query_string_behavior=cloudfront.OriginRequestQueryStringBehavior.all(),
        cookie_behavior=behavior.all() if cookies else behavior.none(),
    )


common = {
    "origin": origins.HttpOrigin("api.example.com", read_timeout=Duration.seconds(60)),
    "allowed_methods": cloudfront.AllowedMethods.ALLOW_ALL,
    "response_headers_policy": cloudfront.ResponseHeadersPolicy(
        stack, "HideTags", remove_headers=["cache-tag"]
    ),
}
https = cloudfront.ViewerProtocolPolicy.HTTPS_ONLY
edge_lambdas = [
    cloudfront.EdgeLambda(
        event_type=cloudfront.LambdaEdgeEventType.VIEWER_REQUEST, function_version=authorizer
    )
]
uncached = cloudfront.BehaviorOptions(
    **common,
    viewer_protocol_policy=https,
    cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
    origin_request_policy=forward("ForwardUncached", ["host"], True),
    edge_lambdas=edge_lambdas,
)
cloudfront.Distribution(
    stack,
    "Distribution",
    default_behavior=uncached,
    additional_behaviors={
        "/api/version": uncached,
        "/login": cloudfront.BehaviorOptions(
            **common,
            viewer_protocol_policy=https,
            cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
            origin_request_policy=forward("ForwardAnonymous", ["host", "x-organization-id"], True),
        ),
        "/api/*": cloudfront.BehaviorOptions(
            **common,
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.ALLOW_ALL,
            cache_policy=key,
            origin_request_policy=forward(
                "ForwardToApi", ["host", "accept-language", "user-agent"], False
            ),
            compress=False,
            edge_lambdas=edge_lambdas,
        ),
    },
    error_responses=[
        cloudfront.ErrorResponse(
            http_status=404, response_http_status=200, response_page_path="/index.html"
        ),
        cloudfront.ErrorResponse(http_status=503, ttl=Duration.seconds(60)),
    ],
)
app.synth()
