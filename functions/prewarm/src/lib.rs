//! Lambda: log in, request a tenant's endpoints, prove that the cache is fresh.
