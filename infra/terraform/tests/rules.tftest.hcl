# What the module refuses. What each refusal says is in paper/module_test.go.

mock_provider "aws" {}

override_resource {
  target = aws_s3_bucket.quarantine
  values = { arn = "arn:aws:s3:::in" }
}

override_resource {
  target = aws_sqs_queue.uploads
  values = { arn = "arn:aws:sqs:eu-central-1:123456789012:airlock-uploads" }
}

variables {
  quarantine_bucket    = "in-x"
  clean_bucket         = "out-x"
  cors_allowed_origins = ["https://app.example"]
  signer               = { role_arn = "arn:aws:iam::123456789012:role/signer" }
  validator            = { role_arn = "arn:aws:iam::123456789012:role/validator" }
}

run "zones_in_one_another" {
  command = plan

  variables {
    clean_bucket = "in-x"
    clean_prefix = "quarantine/"
  }

  expect_failures = [aws_s3_bucket.quarantine]
}

run "any_origin_without_leave" {
  command = plan

  variables {
    cors_allowed_origins = ["*"]
  }

  expect_failures = [aws_s3_bucket_cors_configuration.quarantine]
}

run "any_origin_with_leave" {
  command = plan

  variables {
    cors_allowed_origins  = ["*"]
    cors_allow_any_origin = true
  }
}

run "visibility_too_short" {
  command = plan

  variables {
    visibility_timeout = 5
  }

  expect_failures = [var.visibility_timeout]
}

run "quarantine_forgets_too_early" {
  command = plan

  variables {
    quarantine_expiry_days = 14
  }

  expect_failures = [aws_s3_bucket_lifecycle_configuration.quarantine]
}

run "dlq_forgets_too_early" {
  command = plan

  variables {
    dlq_retention_days = 4
  }

  expect_failures = [aws_sqs_queue.dlq]
}

run "one_role_for_both" {
  command = plan

  variables {
    validator = { role_arn = "arn:aws:iam::123456789012:role/signer" }
  }

  expect_failures = [output.env]
}
