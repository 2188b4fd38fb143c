# What the module makes of its variables. Run by `terraform test` or `tofu test` in this folder's
# parent; the provider is a mock, so no account is needed.

mock_provider "aws" {}

override_resource {
  target = aws_s3_bucket.quarantine
  values = { arn = "arn:aws:s3:::in" }
}

override_resource {
  target = aws_s3_bucket.clean
  values = { arn = "arn:aws:s3:::out" }
}

override_resource {
  target = aws_sqs_queue.uploads
  values = {
    arn = "arn:aws:sqs:eu-central-1:123456789012:airlock-uploads"
    id  = "https://sqs.eu-central-1.amazonaws.com/123456789012/airlock-uploads"
    url = "https://sqs.eu-central-1.amazonaws.com/123456789012/airlock-uploads"
  }
}

override_resource {
  target = aws_sqs_queue.dlq
  values = {
    arn = "arn:aws:sqs:eu-central-1:123456789012:airlock-uploads-dlq"
    id  = "https://sqs.eu-central-1.amazonaws.com/123456789012/airlock-uploads-dlq"
  }
}

variables {
  quarantine_bucket    = "in-x"
  clean_bucket         = "out-x"
  cors_allowed_origins = ["https://app.example"]
  signer               = { role_arn = "arn:aws:iam::123456789012:role/signer" }
  validator            = { role_arn = "arn:aws:iam::123456789012:role/validator" }
}

run "two_buckets" {
  assert {
    condition     = length(aws_s3_bucket.clean) == 1 && aws_s3_bucket_versioning.clean[0].versioning_configuration[0].status == "Enabled"
    error_message = "The clean bucket is a second one, and versioned."
  }

  assert {
    condition     = aws_s3_bucket_notification.quarantine[0].queue[0].filter_prefix == "quarantine/"
    error_message = "Only what is put into quarantine is announced."
  }

  assert {
    condition     = aws_sqs_queue.uploads.visibility_timeout_seconds == 60 && aws_sqs_queue.uploads.message_retention_seconds == 345600 && aws_sqs_queue.dlq.message_retention_seconds == 1209600
    error_message = "The queue keeps 4 days, the dead-letter queue 14."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue.uploads.redrive_policy).maxReceiveCount == 10
    error_message = "A message is poison after 10 receives."
  }

  assert {
    condition     = one([for s in jsondecode(output.quarantine_bucket_policy).Statement : s.Condition if s.Sid == "AirlockKeysAreWrittenOnce"]) == { Null = { "s3:if-none-match" = "true" }, Bool = { "s3:ObjectCreationOperation" = "true" } }
    error_message = "Without forms nothing is exempt from If-None-Match."
  }

  assert {
    condition     = one([for s in jsondecode(output.signer_policy).Statement : s.Action if s.Sid == "SignPuts"]) == ["s3:PutObject"]
    error_message = "Without multipart the signer may put, and nothing else."
  }

  assert {
    condition     = length(aws_iam_role.signer) == 0 && length(aws_iam_role.validator) == 0
    error_message = "Existing roles are used, not made."
  }

  assert {
    condition     = output.env.AIRLOCK_QUEUE_URL == "https://sqs.eu-central-1.amazonaws.com/123456789012/airlock-uploads" && output.env.AWS_REGION == "eu-central-1"
    error_message = "env says where the queue is."
  }
}

run "every_method" {
  variables {
    methods = ["put", "post", "multipart"]
  }

  assert {
    condition     = one([for s in jsondecode(output.quarantine_bucket_policy).Statement : s.Condition.StringNotEquals if s.Sid == "AirlockKeysAreWrittenOnce"]) == { "s3:authType" = "POST" }
    error_message = "A form can't send If-None-Match."
  }

  assert {
    condition     = one([for s in jsondecode(output.signer_policy).Statement : s.Action if s.Sid == "SignPuts"]) == ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
    error_message = "The signer counts parts before it completes, and aborts."
  }
}

run "one_bucket" {
  variables {
    quarantine_bucket = "both"
    clean_bucket      = "both"
    downloads         = false
  }

  assert {
    condition     = length(aws_s3_bucket.clean) == 0 && length(aws_s3_bucket_policy.clean) == 0 && length(aws_s3_bucket_versioning.clean) == 0
    error_message = "One bucket, and no versions, since quarantine may have none."
  }

  assert {
    condition     = one([for s in jsondecode(output.quarantine_bucket_policy).Statement : s.Resource if s.Sid == "AirlockOnlyTheValidatorPromotes"]) == "arn:aws:s3:::in/clean/*"
    error_message = "One policy denies for both zones, each below its prefix."
  }

  assert {
    condition     = length(jsondecode(output.signer_policy).Statement) == 1
    error_message = "Without downloads the signer reads nothing."
  }
}

run "no_browser_and_a_notification_of_somebody_else" {
  variables {
    cors_allowed_origins = []
    create_notification  = false
    alarms               = false
  }

  assert {
    condition     = length(aws_s3_bucket_cors_configuration.quarantine) == 0 && length(aws_s3_bucket_notification.quarantine) == 0
    error_message = "Neither CORS nor a notification is set."
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.dlq) + length(aws_cloudwatch_metric_alarm.age) == 0
    error_message = "No alarms are made."
  }
}

run "roles_and_keys" {
  variables {
    signer            = { trust_policy = "{}" }
    validator         = { trust_policy = "{}" }
    kms_key_arn       = "arn:aws:kms:eu-central-1:123456789012:key/objects"
    queue_kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/notices"
  }

  override_resource {
    target = aws_iam_role.signer
    values = { arn = "arn:aws:iam::123456789012:role/airlock-signer" }
  }

  override_resource {
    target = aws_iam_role.validator
    values = { arn = "arn:aws:iam::123456789012:role/airlock-validator" }
  }

  assert {
    condition     = aws_iam_role_policy.signer[0].policy == output.signer_policy && aws_iam_role_policy.validator[0].policy == output.validator_policy
    error_message = "The roles that it makes may do what the outputs say."
  }

  assert {
    condition     = length([for s in jsondecode(output.validator_policy).Statement : s if contains(["EncryptObjects", "ReadEncryptedNotices"], s.Sid)]) == 2
    error_message = "The validator may use both keys."
  }

  assert {
    condition     = aws_sqs_queue.uploads.kms_master_key_id == "arn:aws:kms:eu-central-1:123456789012:key/notices" && aws_sqs_queue.uploads.sqs_managed_sse_enabled != true
    error_message = "A key of one's own takes the place of SQS's."
  }
}
