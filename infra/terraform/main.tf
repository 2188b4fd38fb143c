# The buckets. What airlock needs of them, and why, is also what `airlock doctor` asks for: a test
# holds this module against doctor's own list (surroundings/terraform_test.go).

locals {
  one_bucket = var.clean_bucket == var.quarantine_bucket

  # The two are written out, not made by for_each: they differ in almost every setting.
  quarantine_arn = aws_s3_bucket.quarantine.arn
  clean_arn      = one(concat(aws_s3_bucket.clean[*].arn, local.one_bucket ? [local.quarantine_arn] : []))

  quarantine_objects = "${local.quarantine_arn}/${var.quarantine_prefix}*"
  clean_objects      = "${local.clean_arn}/${var.clean_prefix}*"

  # What a presigned PUT binds, as the browser must send it: presign.SignedHeaders, by a test.
  signed_headers = ["Content-Type", "If-None-Match", "x-amz-checksum-sha256"]

  post      = contains(var.methods, "post")
  multipart = contains(var.methods, "multipart")
}

resource "aws_s3_bucket" "quarantine" {
  bucket        = var.quarantine_bucket
  force_destroy = var.force_destroy
  tags          = var.tags

  lifecycle {
    precondition {
      condition     = !local.one_bucket || !(startswith(var.quarantine_prefix, var.clean_prefix) || startswith(var.clean_prefix, var.quarantine_prefix))
      error_message = "In one bucket the zones \"${var.quarantine_prefix}\" and \"${var.clean_prefix}\" lie in one another: what is promoted would be judged again, for ever. Use two buckets, or prefixes of which none begins with the other."
    }
  }
}

resource "aws_s3_bucket" "clean" {
  count         = local.one_bucket ? 0 : 1
  bucket        = var.clean_bucket
  force_destroy = var.force_destroy
  tags          = var.tags
}

resource "aws_s3_bucket_public_access_block" "quarantine" {
  bucket                  = aws_s3_bucket.quarantine.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_public_access_block" "clean" {
  count                   = local.one_bucket ? 0 : 1
  bucket                  = aws_s3_bucket.clean[0].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "quarantine" {
  bucket = aws_s3_bucket.quarantine.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_ownership_controls" "clean" {
  count  = local.one_bucket ? 0 : 1
  bucket = aws_s3_bucket.clean[0].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

# SSE-C is blocked: an object under a key that the client keeps could not be judged.
resource "aws_s3_bucket_server_side_encryption_configuration" "quarantine" {
  bucket = aws_s3_bucket.quarantine.id

  rule {
    blocked_encryption_types = ["SSE-C"]
    bucket_key_enabled       = var.kms_key_arn != null

    apply_server_side_encryption_by_default {
      sse_algorithm     = var.kms_key_arn == null ? "AES256" : "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "clean" {
  count  = local.one_bucket ? 0 : 1
  bucket = aws_s3_bucket.clean[0].id

  rule {
    blocked_encryption_types = ["SSE-C"]
    bucket_key_enabled       = var.kms_key_arn != null

    apply_server_side_encryption_by_default {
      sse_algorithm     = var.kms_key_arn == null ? "AES256" : "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }
  }
}

# Quarantine never has versions: what is deleted there must be gone, and If-None-Match makes its keys
# write-once already. So nothing says anything of its versioning here. In the clean bucket a version
# is the way back from a mistake of whoever deletes there.
resource "aws_s3_bucket_versioning" "clean" {
  count  = local.one_bucket ? 0 : 1
  bucket = aws_s3_bucket.clean[0].id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "quarantine" {
  bucket = aws_s3_bucket.quarantine.id

  rule {
    id     = "airlock-abort-multipart"
    status = "Enabled"

    filter {
      prefix = ""
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }

  rule {
    id     = "airlock-expire"
    status = "Enabled"

    filter {
      prefix = var.quarantine_prefix
    }

    expiration {
      days = var.quarantine_expiry_days
    }

    # For the day on which somebody turns versioning on.
    noncurrent_version_expiration {
      noncurrent_days = 1
    }
  }

  lifecycle {
    precondition {
      condition     = var.quarantine_expiry_days > var.dlq_retention_days
      error_message = "quarantine_expiry_days (${var.quarantine_expiry_days}) must be more than dlq_retention_days (${var.dlq_retention_days}): a message that is redriven from the dead-letter queue on its last day would not find its object."
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "clean" {
  count  = local.one_bucket ? 0 : 1
  bucket = aws_s3_bucket.clean[0].id

  rule {
    id     = "airlock-abort-multipart"
    status = "Enabled"

    filter {
      prefix = ""
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }

  rule {
    id     = "airlock-noncurrent"
    status = "Enabled"

    filter {
      prefix = ""
    }

    noncurrent_version_expiration {
      noncurrent_days = var.clean_noncurrent_days
    }
  }

  depends_on = [aws_s3_bucket_versioning.clean]
}

resource "aws_s3_bucket_cors_configuration" "quarantine" {
  count  = length(var.cors_allowed_origins) > 0 ? 1 : 0
  bucket = aws_s3_bucket.quarantine.id

  cors_rule {
    id              = "airlock-uploads"
    allowed_methods = ["PUT", "POST"]
    allowed_origins = var.cors_allowed_origins
    allowed_headers = var.cors_allow_any_header ? ["*"] : local.signed_headers
    expose_headers  = ["ETag", "Location", "x-amz-version-id", "x-amz-request-id"]
    max_age_seconds = 600
  }

  lifecycle {
    precondition {
      condition     = var.cors_allow_any_origin || !anytrue([for o in var.cors_allowed_origins : can(regex("^(\\*|https?://\\*)$", o))])
      error_message = "cors_allowed_origins lets pages of any origin upload. Name your origins; or set cors_allow_any_origin = true, which its description explains."
    }
  }
}

resource "aws_s3_bucket_notification" "quarantine" {
  count  = var.create_notification ? 1 : 0
  bucket = aws_s3_bucket.quarantine.id

  queue {
    id            = "airlock"
    queue_arn     = aws_sqs_queue.uploads.arn
    events        = ["s3:ObjectCreated:*", "s3:LifecycleExpiration:Delete"]
    filter_prefix = var.quarantine_prefix
  }

  # S3 tries whether it may send before it takes the configuration.
  depends_on = [aws_sqs_queue_policy.uploads]
}
