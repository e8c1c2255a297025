//! Lambda: bounded long poll of one CloudFront invalidation.
