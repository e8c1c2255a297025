//! The members of `DistributionConfig` in the API's order, how templates spell them, and what the API shows where a
//! template says nothing.
//!
//! Written from <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_DistributionConfig.html> and
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudfront-distribution.html>.

/// A member of a structure.
#[derive(Debug)]
pub(super) struct Member {
    /// In the API.
    pub(super) api: &'static str,
    /// In a template.
    pub(super) template: &'static str,
    pub(super) shape: Shape,
    /// Shown where a template says nothing: JSON, as a template would have it.
    pub(super) default: Option<&'static str>,
}

/// What a member holds.
#[derive(Debug)]
pub(super) enum Shape {
    Text,
    Whole,
    Flag,
    Structure(&'static [Member]),
    /// `Quantity` and `Items`; a template has a plain list.
    List(&'static str, &'static Shape),
    /// The same in API and template.
    Wrapped(&'static str, &'static Shape),
    /// Items without `Quantity`.
    Bare(&'static str, &'static Shape),
    /// `Enabled`, `Quantity` and `Items`; a template has a plain list.
    Switched(&'static str),
    /// `AllowedMethods` with `CachedMethods` inside; in a template they stand side by side.
    Methods,
    /// `RestrictionType`, `Quantity` and `Items`; a template has `Locations`.
    GeoRestriction,
}

const fn text(name: &'static str) -> Member {
    member(name, Shape::Text)
}

const fn whole(name: &'static str) -> Member {
    member(name, Shape::Whole)
}

const fn flag(name: &'static str) -> Member {
    member(name, Shape::Flag)
}

const fn member(name: &'static str, shape: Shape) -> Member {
    Member {
        api: name,
        template: name,
        shape,
        default: None,
    }
}

impl Member {
    const fn or(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    const fn spelt(mut self, template: &'static str) -> Self {
        self.template = template;
        self
    }
}

const NOTHING: &str = "\"\"";

/// `DistributionConfig` without its `CallerReference`, which templates do not have.
pub(super) const CONFIG: &[Member] = &[
    member("Aliases", Shape::List("CNAME", &Shape::Text)).or("[]"),
    text("DefaultRootObject").or(NOTHING),
    member("Origins", Shape::List("Origin", &Shape::Structure(ORIGIN))).or("[]"),
    member(
        "OriginGroups",
        Shape::Wrapped("OriginGroup", &Shape::Structure(ORIGIN_GROUP)),
    )
    .or("{\"Quantity\":0,\"Items\":[]}"),
    member("DefaultCacheBehavior", Shape::Structure(BEHAVIOR)),
    member(
        "CacheBehaviors",
        Shape::List("CacheBehavior", &Shape::Structure(BEHAVIOR)),
    )
    .or("[]"),
    member(
        "CustomErrorResponses",
        Shape::List("CustomErrorResponse", &Shape::Structure(ERROR_RESPONSE)),
    )
    .or("[]"),
    text("Comment").or(NOTHING),
    member("Logging", Shape::Structure(LOGGING)).or(
        "{\"Enabled\":false,\"IncludeCookies\":false,\"Bucket\":\"\",\"Prefix\":\"\"}",
    ),
    text("PriceClass").or("\"PriceClass_All\""),
    flag("Enabled"),
    member("ViewerCertificate", Shape::Structure(CERTIFICATE))
        .or("{\"CloudFrontDefaultCertificate\":true,\"SslSupportMethod\":\"vip\",\"MinimumProtocolVersion\":\"TLSv1\"}"),
    member("Restrictions", Shape::Structure(RESTRICTIONS))
        .or("{\"GeoRestriction\":{\"RestrictionType\":\"none\"}}"),
    text("WebACLId").or(NOTHING),
    text("HttpVersion").or("\"http2\""),
    flag("IsIPV6Enabled").spelt("IPV6Enabled").or("true"),
    text("ContinuousDeploymentPolicyId").or(NOTHING),
    flag("Staging").or("false"),
    text("AnycastIpListId"),
    member("TenantConfig", Shape::Structure(TENANT_CONFIG)),
    text("ConnectionMode"),
    member("ViewerMtlsConfig", Shape::Structure(VIEWER_MTLS)),
    member("ConnectionFunctionAssociation", Shape::Structure(&[text("Id")])),
    member("CacheTagConfig", Shape::Structure(&[text("HeaderName")])),
];

/// Members of `DistributionConfig` that a summary has too.
pub(super) const SUMMARY: [&str; 15] = [
    "Aliases",
    "Origins",
    "OriginGroups",
    "DefaultCacheBehavior",
    "CacheBehaviors",
    "CustomErrorResponses",
    "Comment",
    "PriceClass",
    "Enabled",
    "ViewerCertificate",
    "Restrictions",
    "WebACLId",
    "HttpVersion",
    "IsIPV6Enabled",
    "Staging",
];

const ORIGIN: &[Member] = &[
    text("Id"),
    text("DomainName"),
    text("OriginPath").or(NOTHING),
    member(
        "CustomHeaders",
        Shape::List(
            "OriginCustomHeader",
            &Shape::Structure(&[text("HeaderName"), text("HeaderValue")]),
        ),
    )
    .spelt("OriginCustomHeaders")
    .or("[]"),
    member(
        "S3OriginConfig",
        Shape::Structure(&[
            text("OriginAccessIdentity").or(NOTHING),
            whole("OriginReadTimeout"),
        ]),
    ),
    member("CustomOriginConfig", Shape::Structure(CUSTOM_ORIGIN)),
    member(
        "VpcOriginConfig",
        Shape::Structure(&[
            text("VpcOriginId"),
            text("OwnerAccountId"),
            whole("OriginReadTimeout"),
            whole("OriginKeepaliveTimeout"),
        ]),
    ),
    whole("ConnectionAttempts").or("3"),
    whole("ConnectionTimeout").or("10"),
    whole("ResponseCompletionTimeout"),
    member(
        "OriginShield",
        Shape::Structure(&[flag("Enabled").or("false"), text("OriginShieldRegion")]),
    )
    .or("{\"Enabled\":false}"),
    text("OriginAccessControlId").or(NOTHING),
];

const CUSTOM_ORIGIN: &[Member] = &[
    whole("HTTPPort").or("80"),
    whole("HTTPSPort").or("443"),
    text("OriginProtocolPolicy"),
    member(
        "OriginSslProtocols",
        Shape::List("SslProtocol", &Shape::Text),
    )
    .spelt("OriginSSLProtocols")
    .or("[\"TLSv1\",\"SSLv3\"]"),
    whole("OriginReadTimeout").or("30"),
    whole("OriginKeepaliveTimeout").or("5"),
    text("IpAddressType"),
    member(
        "OriginMtlsConfig",
        Shape::Structure(&[text("ClientCertificateArn")]),
    ),
];

const ORIGIN_GROUP: &[Member] = &[
    text("Id"),
    member(
        "FailoverCriteria",
        Shape::Structure(&[member(
            "StatusCodes",
            Shape::Wrapped("StatusCode", &Shape::Whole),
        )]),
    ),
    member(
        "Members",
        Shape::Wrapped("OriginGroupMember", &Shape::Structure(&[text("OriginId")])),
    ),
    text("SelectionCriteria").or("\"default\""),
];

const BEHAVIOR: &[Member] = &[
    text("PathPattern"),
    text("TargetOriginId"),
    member("TrustedSigners", Shape::Switched("AwsAccountNumber")).or("[]"),
    member("TrustedKeyGroups", Shape::Switched("KeyGroup")).or("[]"),
    text("ViewerProtocolPolicy"),
    member("AllowedMethods", Shape::Methods).or("[\"HEAD\",\"GET\"]"),
    flag("SmoothStreaming").or("false"),
    flag("Compress").or("false"),
    member(
        "LambdaFunctionAssociations",
        Shape::List(
            "LambdaFunctionAssociation",
            &Shape::Structure(&[
                text("LambdaFunctionARN"),
                text("EventType"),
                flag("IncludeBody").or("false"),
            ]),
        ),
    )
    .or("[]"),
    member(
        "FunctionAssociations",
        Shape::List(
            "FunctionAssociation",
            &Shape::Structure(&[text("FunctionARN"), text("EventType")]),
        ),
    )
    .or("[]"),
    text("FieldLevelEncryptionId").or(NOTHING),
    text("RealtimeLogConfigArn"),
    text("CachePolicyId"),
    text("OriginRequestPolicyId"),
    text("ResponseHeadersPolicyId"),
    member("GrpcConfig", Shape::Structure(&[flag("Enabled")])).or("{\"Enabled\":false}"),
    member("ForwardedValues", Shape::Structure(FORWARDED_VALUES)),
    whole("MinTTL"),
    whole("DefaultTTL"),
    whole("MaxTTL"),
];

const FORWARDED_VALUES: &[Member] = &[
    flag("QueryString"),
    member(
        "Cookies",
        Shape::Structure(&[
            text("Forward"),
            member("WhitelistedNames", Shape::List("Name", &Shape::Text)),
        ]),
    )
    .or("{\"Forward\":\"none\"}"),
    member("Headers", Shape::List("Name", &Shape::Text)).or("[]"),
    member("QueryStringCacheKeys", Shape::List("Name", &Shape::Text)).or("[]"),
];

const ERROR_RESPONSE: &[Member] = &[
    whole("ErrorCode"),
    text("ResponsePagePath").or(NOTHING),
    text("ResponseCode").or(NOTHING),
    whole("ErrorCachingMinTTL").or("10"),
];

const LOGGING: &[Member] = &[
    flag("Enabled").or("true"),
    flag("IncludeCookies").or("false"),
    text("Bucket").or(NOTHING),
    text("Prefix").or(NOTHING),
];

const CERTIFICATE: &[Member] = &[
    flag("CloudFrontDefaultCertificate").or("false"),
    text("IAMCertificateId").spelt("IamCertificateId"),
    text("ACMCertificateArn").spelt("AcmCertificateArn"),
    text("SSLSupportMethod").spelt("SslSupportMethod"),
    text("MinimumProtocolVersion"),
];

const RESTRICTIONS: &[Member] = &[member("GeoRestriction", Shape::GeoRestriction)];

const TENANT_CONFIG: &[Member] = &[member(
    "ParameterDefinitions",
    Shape::Bare(
        "member",
        &Shape::Structure(&[
            text("Name"),
            member(
                "Definition",
                Shape::Structure(&[member(
                    "StringSchema",
                    Shape::Structure(&[text("Comment"), text("DefaultValue"), flag("Required")]),
                )]),
            ),
        ]),
    ),
)];

const VIEWER_MTLS: &[Member] = &[
    text("Mode"),
    member(
        "TrustStoreConfig",
        Shape::Structure(&[
            text("TrustStoreId"),
            flag("AdvertiseTrustStoreCaNames"),
            flag("IgnoreCertificateExpiry"),
        ]),
    ),
];
