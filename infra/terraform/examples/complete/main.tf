# A production set-up on EKS: two buckets, roles for two Kubernetes service accounts (IRSA), an SNS
# topic that the alarms notify. ../../../kubernetes/examples/eks runs on what this makes.

terraform {
  required_version = ">= 1.6"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.22, < 7.0"
    }
  }
}

variable "region" {
  description = "Region of the buckets and the queue."
  type        = string
  default     = "eu-central-1"
}

variable "bucket_prefix" {
  description = "Names of buckets are the world's: <bucket_prefix>-quarantine and <bucket_prefix>-clean."
  type        = string
}

variable "origins" {
  description = "Origins of the pages that upload."
  type        = list(string)
}

variable "oidc_provider_arn" {
  description = "ARN of the IAM OIDC provider of the cluster."
  type        = string
}

variable "namespace" {
  description = "Kubernetes namespace of airlock."
  type        = string
  default     = "airlock"
}

variable "alarm_topic_arn" {
  description = "SNS topic that hears of alarms."
  type        = string
}

provider "aws" {
  region = var.region
}

locals {
  # arn:aws:iam::123456789012:oidc-provider/HOST/id/XXXX, without what stands before HOST.
  issuer = regex("oidc-provider/(.+)$", var.oidc_provider_arn)[0]

  trust = {
    for account in ["airlock-signer", "airlock-validator"] : account => jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Effect    = "Allow"
        Principal = { Federated = var.oidc_provider_arn }
        Action    = "sts:AssumeRoleWithWebIdentity"
        Condition = { StringEquals = {
          "${local.issuer}:aud" = "sts.amazonaws.com"
          "${local.issuer}:sub" = "system:serviceaccount:${var.namespace}:${account}"
        } }
      }]
    })
  }
}

module "airlock" {
  source = "../.."

  quarantine_bucket    = "${var.bucket_prefix}-quarantine"
  clean_bucket         = "${var.bucket_prefix}-clean"
  methods              = ["put", "post", "multipart"]
  cors_allowed_origins = var.origins
  signer               = { trust_policy = local.trust["airlock-signer"] }
  validator            = { trust_policy = local.trust["airlock-validator"] }
  alarm_actions        = [var.alarm_topic_arn]
  tags                 = { application = "airlock" }
}

output "airlock" {
  description = "Everything that the module tells; `terraform output -json airlock | jq .env` has the environment."
  value       = module.airlock
}
