# The broken distribution in Terraform.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

# A plan needs no account where nothing has to be looked up.
provider "aws" {
  region                      = "us-east-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

resource "aws_lambda_function" "authorizer" {
  function_name = "authorizer"
  role          = "arn:aws:iam::123456789012:role/edge"
  runtime       = "nodejs22.x"
  handler       = "index.handler"
  filename      = "authorizer.zip"
  memory_size   = 512
  timeout       = 5
  publish       = true
  tags          = { "warmfront:role" = "authorizer" }
  tracing_config {
    mode = "Active"
  }
}

resource "aws_lambda_function" "tagger" {
  function_name = "tagger"
  role          = "arn:aws:iam::123456789012:role/edge"
  runtime       = "nodejs22.x"
  handler       = "index.handler"
  filename      = "tagger.zip"
  timeout       = 5
  publish       = true
  tags          = { "warmfront:role" = "tagger" }
}

resource "aws_cloudfront_cache_policy" "key" {
  name        = "key"
  min_ttl     = 60
  default_ttl = 86400
  max_ttl     = 604800
  parameters_in_cache_key_and_forwarded_to_origin {
    enable_accept_encoding_brotli = true
    enable_accept_encoding_gzip   = true
    headers_config {
      header_behavior = "whitelist"
      headers {
        items = ["X-Organization-Id", "x-locale-bucket"]
      }
    }
    query_strings_config {
      query_string_behavior = "whitelist"
      query_strings {
        items = ["organization", "organization_id", "window"]
      }
    }
    cookies_config {
      cookie_behavior = "none"
    }
  }
}

locals {
  denied = {
    forward_to_api    = ["host", "accept-language", "user-agent"]
    forward_uncached  = ["host"]
    forward_anonymous = ["host", "x-organization-id"]
  }
}

resource "aws_cloudfront_origin_request_policy" "forward" {
  for_each = local.denied
  name     = each.key
  headers_config {
    header_behavior = "allExcept"
    headers {
      items = each.value
    }
  }
  query_strings_config {
    query_string_behavior = "all"
  }
  cookies_config {
    cookie_behavior = each.key == "forward_to_api" ? "none" : "all"
  }
}

resource "aws_cloudfront_response_headers_policy" "hide_tags" {
  name = "hide-tags"
  remove_headers_config {
    items {
      header = "cache-tag"
    }
  }
}

resource "aws_cloudfront_distribution" "site" {
  enabled = true

  origin {
    origin_id   = "api"
    domain_name = "api.example.com"
    custom_origin_config {
      http_port              = 80
      https_port             = 443
      origin_protocol_policy = "https-only"
      origin_read_timeout    = 60
      origin_ssl_protocols   = ["TLSv1.2"]
    }
  }

  ordered_cache_behavior {
    path_pattern               = "/api/version"
    target_origin_id           = "api"
    viewer_protocol_policy     = "https-only"
    allowed_methods            = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"]
    cached_methods             = ["GET", "HEAD"]
    cache_policy_id            = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    origin_request_policy_id   = aws_cloudfront_origin_request_policy.forward["forward_uncached"].id
    response_headers_policy_id = aws_cloudfront_response_headers_policy.hide_tags.id
    lambda_function_association {
      event_type = "viewer-request"
      lambda_arn = aws_lambda_function.authorizer.qualified_arn
    }
  }

  ordered_cache_behavior {
    path_pattern               = "/login"
    target_origin_id           = "api"
    viewer_protocol_policy     = "https-only"
    allowed_methods            = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"]
    cached_methods             = ["GET", "HEAD"]
    cache_policy_id            = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    origin_request_policy_id   = aws_cloudfront_origin_request_policy.forward["forward_anonymous"].id
    response_headers_policy_id = aws_cloudfront_response_headers_policy.hide_tags.id
  }

  ordered_cache_behavior {
    path_pattern               = "/api/*"
    target_origin_id           = "api"
    viewer_protocol_policy     = "allow-all"
    allowed_methods            = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"]
    cached_methods             = ["GET", "HEAD"]
    cache_policy_id            = aws_cloudfront_cache_policy.key.id
    origin_request_policy_id   = aws_cloudfront_origin_request_policy.forward["forward_to_api"].id
    response_headers_policy_id = aws_cloudfront_response_headers_policy.hide_tags.id
    compress                   = false
    lambda_function_association {
      event_type = "viewer-request"
      lambda_arn = aws_lambda_function.authorizer.qualified_arn
    }
  }

  default_cache_behavior {
    target_origin_id           = "api"
    viewer_protocol_policy     = "https-only"
    allowed_methods            = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"]
    cached_methods             = ["GET", "HEAD"]
    cache_policy_id            = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    origin_request_policy_id   = aws_cloudfront_origin_request_policy.forward["forward_uncached"].id
    response_headers_policy_id = aws_cloudfront_response_headers_policy.hide_tags.id
    lambda_function_association {
      event_type = "viewer-request"
      lambda_arn = aws_lambda_function.authorizer.qualified_arn
    }
  }

  custom_error_response {
    error_code         = 404
    response_code      = 200
    response_page_path = "/index.html"
  }
  custom_error_response {
    error_code            = 503
    error_caching_min_ttl = 60
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }
  viewer_certificate {
    cloudfront_default_certificate = true
  }
}
