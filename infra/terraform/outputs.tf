output "env" {
  description = "The places, as airlock takes them from the environment: the signer needs all but AIRLOCK_QUEUE_URL, the validator and doctor all."
  value = {
    AWS_REGION                = local.region
    AIRLOCK_QUARANTINE_BUCKET = aws_s3_bucket.quarantine.bucket
    AIRLOCK_QUARANTINE_PREFIX = var.quarantine_prefix
    AIRLOCK_CLEAN_BUCKET      = var.clean_bucket
    AIRLOCK_CLEAN_PREFIX      = var.clean_prefix
    AIRLOCK_QUEUE_URL         = aws_sqs_queue.uploads.url
  }

  precondition {
    condition     = var.signer.role_arn == null || var.signer.role_arn != var.validator.role_arn
    error_message = "signer and validator must be two roles: who can promote must not be able to put, and the other way round."
  }
}

output "quarantine_bucket" {
  description = "Name and ARN of the quarantine bucket."
  value       = { name = aws_s3_bucket.quarantine.bucket, arn = local.quarantine_arn }
}

output "clean_bucket" {
  description = "Name and ARN of the clean bucket."
  value       = { name = var.clean_bucket, arn = local.clean_arn }
}

output "queue" {
  description = "URL and ARN of the queue that S3 notifies."
  value       = { url = aws_sqs_queue.uploads.url, arn = aws_sqs_queue.uploads.arn }
}

output "dlq" {
  description = "URL and ARN of the dead-letter queue."
  value       = { url = aws_sqs_queue.dlq.url, arn = aws_sqs_queue.dlq.arn }
}

output "signer_role_arn" {
  description = "ARN of the signer's role."
  value       = local.signer_arn
}

output "validator_role_arn" {
  description = "ARN of the validator's role."
  value       = local.validator_arn
}

output "signer_policy" {
  description = "What the signer's role must be allowed (JSON). The module attaches it to the role that it makes; to yours you attach it."
  value       = local.signer_policy
}

output "validator_policy" {
  description = "What the validator's role must be allowed (JSON). As signer_policy."
  value       = local.validator_policy
}

output "operator_policy" {
  description = "What people need for `airlock doctor` and `airlock dlq` (JSON). Attached to nobody."
  value       = local.operator_policy
}

output "scaler_policy" {
  description = "What KEDA's own role needs to scale the validator by its queue (JSON). Attached to nobody."
  value       = local.scaler_policy
}

output "quarantine_bucket_policy" {
  description = "The quarantine bucket's policy (JSON)."
  value       = local.quarantine_policy
}

output "clean_bucket_policy" {
  description = "The clean bucket's policy (JSON); with one bucket quarantine_bucket_policy has both."
  value       = local.one_bucket ? local.quarantine_policy : local.clean_policy
}
