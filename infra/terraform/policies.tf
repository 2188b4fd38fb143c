# What no signature and no role of ours can say: the buckets deny it, to whomever a role is given
# tomorrow. No condition key knows the content type, the length or the metadata of an object; those
# only the signature binds.

locals {
  # All of a bucket, or where one holds both zones the zone.
  quarantine_scope = local.one_bucket ? local.quarantine_objects : "${local.quarantine_arn}/*"
  clean_scope      = local.one_bucket ? local.clean_objects : "${local.clean_arn}/*"

  quarantine_denials = [
    {
      Sid       = "AirlockTLSOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [local.quarantine_arn, "${local.quarantine_arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    },
    {
      Sid       = "AirlockOnlyTheSignerPuts"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:PutObject"
      Resource  = local.quarantine_scope
      Condition = { ArnNotEquals = { "aws:PrincipalArn" = local.signer_arn } }
    },
    {
      # A key is written once. Creating and filling a multipart upload writes none, completing it does:
      # that is s3:ObjectCreationOperation. A form can't send the header (s3:authType POST); what it
      # writes twice the validator finds after the copy.
      Sid       = "AirlockKeysAreWrittenOnce"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:PutObject"
      Resource  = local.quarantine_scope
      Condition = merge(
        {
          Null = { "s3:if-none-match" = "true" }
          Bool = { "s3:ObjectCreationOperation" = "true" }
        },
        local.post ? { StringNotEquals = { "s3:authType" = "POST" } } : {},
      )
    },
    {
      Sid       = "AirlockSignaturesGrowOld"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = local.quarantine_scope
      Condition = { NumericGreaterThan = { "s3:signatureAge" = tostring(var.max_signature_age) } }
    },
    {
      # What lies in quarantine is hostile until it is judged: nobody may fetch or serve it.
      Sid       = "AirlockOnlyTheValidatorReads"
      Effect    = "Deny"
      Principal = "*"
      Action    = ["s3:GetObject", "s3:GetObjectVersion"]
      Resource  = local.quarantine_scope
      Condition = { ArnNotEquals = { "aws:PrincipalArn" = concat([local.validator_arn], var.break_glass_principal_arns) } }
    },
  ]

  clean_denials = [{
    # What lies in the clean zone was judged: nobody else may put anything there.
    Sid       = "AirlockOnlyTheValidatorPromotes"
    Effect    = "Deny"
    Principal = "*"
    Action    = "s3:PutObject"
    Resource  = local.clean_scope
    Condition = { ArnNotEquals = { "aws:PrincipalArn" = local.validator_arn } }
  }]

  quarantine_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = concat(local.quarantine_denials, local.one_bucket ? local.clean_denials : [])
  })

  clean_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([{
      Sid       = "AirlockTLSOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [local.clean_arn, "${local.clean_arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }], local.clean_denials)
  })
}

resource "aws_s3_bucket_policy" "quarantine" {
  bucket     = aws_s3_bucket.quarantine.id
  policy     = local.quarantine_policy
  depends_on = [aws_s3_bucket_public_access_block.quarantine]
}

resource "aws_s3_bucket_policy" "clean" {
  count      = local.one_bucket ? 0 : 1
  bucket     = aws_s3_bucket.clean[0].id
  policy     = local.clean_policy
  depends_on = [aws_s3_bucket_public_access_block.clean]
}
