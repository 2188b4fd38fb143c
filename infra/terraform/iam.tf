# The two roles. Neither can do the other's work: the signer can't promote, the validator can't put.

locals {
  signer_arn    = one(concat(aws_iam_role.signer[*].arn, var.signer.role_arn[*]))
  validator_arn = one(concat(aws_iam_role.validator[*].arn, var.validator.role_arn[*]))

  signer_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        # The presigned request is the client's, but its rights are these.
        Sid      = "SignPuts"
        Effect   = "Allow"
        Action   = concat(["s3:PutObject"], local.multipart ? ["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"] : [])
        Resource = local.quarantine_objects
      }],
      var.downloads ? [{
        Sid      = "SignDownloads"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = local.clean_objects
      }] : [],
      local.objects_key,
    )
  })

  validator_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          # Versions: should somebody turn versioning on, what is deleted must still be gone.
          Sid      = "JudgeQuarantine"
          Effect   = "Allow"
          Action   = ["s3:GetObject", "s3:GetObjectVersion", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:AbortMultipartUpload"]
          Resource = local.quarantine_objects
        },
        {
          # Delete: a copy that lost to another verdict, and what the probe at the start puts.
          Sid      = "Promote"
          Effect   = "Allow"
          Action   = ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
          Resource = local.clean_objects
        },
        {
          # Without s3:ListBucket S3 answers 403 where an object is gone, which must be 404.
          Sid      = "FindWhatTheQueueForgot"
          Effect   = "Allow"
          Action   = ["s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"]
          Resource = distinct([local.quarantine_arn, local.clean_arn])
        },
        {
          Sid      = "ReceiveNotices"
          Effect   = "Allow"
          Action   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"]
          Resource = aws_sqs_queue.uploads.arn
        },
        {
          # It refuses to start where the dead-letter queue keeps messages too briefly.
          Sid      = "LookAtTheDeadLetterQueue"
          Effect   = "Allow"
          Action   = ["sqs:GetQueueAttributes", "sqs:GetQueueUrl"]
          Resource = aws_sqs_queue.dlq.arn
        },
      ],
      local.objects_key,
      var.queue_kms_key_arn == null ? [] : [{
        Sid      = "ReadEncryptedNotices"
        Effect   = "Allow"
        Action   = ["kms:Decrypt"]
        Resource = var.queue_kms_key_arn
      }],
    )
  })

  # For people: `airlock doctor`, `airlock dlq list` and `airlock dlq redrive`. It reads settings and
  # messages, no object.
  operator_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid    = "ReadSettings"
          Effect = "Allow"
          Action = [
            "s3:GetBucketCORS", "s3:GetBucketNotification", "s3:GetBucketOwnershipControls", "s3:GetBucketPolicy",
            "s3:GetBucketPublicAccessBlock", "s3:GetBucketVersioning", "s3:GetLifecycleConfiguration", "s3:ListBucket",
          ]
          Resource = distinct([local.quarantine_arn, local.clean_arn])
        },
        {
          Sid      = "RefillTheQueue"
          Effect   = "Allow"
          Action   = ["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:SendMessage"]
          Resource = aws_sqs_queue.uploads.arn
        },
        {
          Sid    = "EmptyTheDeadLetterQueue"
          Effect = "Allow"
          Action = [
            "sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl",
            "sqs:ListMessageMoveTasks", "sqs:ReceiveMessage", "sqs:StartMessageMoveTask",
          ]
          Resource = aws_sqs_queue.dlq.arn
        },
      ],
      var.queue_kms_key_arn == null ? [] : [{
        Sid      = "ReadEncryptedNotices"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = var.queue_kms_key_arn
      }],
    )
  })

  # For what scales the validator by its queue, as KEDA does.
  scaler_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "CountMessages"
      Effect   = "Allow"
      Action   = ["sqs:GetQueueAttributes"]
      Resource = aws_sqs_queue.uploads.arn
    }]
  })

  objects_key = var.kms_key_arn == null ? [] : [{
    Sid      = "EncryptObjects"
    Effect   = "Allow"
    Action   = ["kms:GenerateDataKey", "kms:Decrypt"]
    Resource = var.kms_key_arn
  }]
}

resource "aws_iam_role" "signer" {
  count                = var.signer.role_arn == null ? 1 : 0
  name                 = "${var.name}-signer"
  description          = "Signs uploads into quarantine."
  assume_role_policy   = var.signer.trust_policy
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags
}

resource "aws_iam_role_policy" "signer" {
  count  = var.signer.role_arn == null ? 1 : 0
  name   = "airlock"
  role   = aws_iam_role.signer[0].name
  policy = local.signer_policy
}

resource "aws_iam_role" "validator" {
  count                = var.validator.role_arn == null ? 1 : 0
  name                 = "${var.name}-validator"
  description          = "Judges uploads, and promotes or deletes them."
  assume_role_policy   = var.validator.trust_policy
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags
}

resource "aws_iam_role_policy" "validator" {
  count  = var.validator.role_arn == null ? 1 : 0
  name   = "airlock"
  role   = aws_iam_role.validator[0].name
  policy = local.validator_policy
}
