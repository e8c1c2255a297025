//! Lambda: one CloudFront invalidation for a tenant's cache tag.
