# The module on LocalStack, which knows S3 and SQS but no alarms, no roles and no STS:
#
#   infra/localstack/run.sh bash -c 'cd infra/terraform/examples/localstack && terraform init && terraform apply'
#
# Stop LocalStack rather than destroy: its DLQ's redrive-allow policy makes that hang.

terraform {
  required_version = ">= 1.6"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.22, < 7.0"
    }
  }
}

variable "endpoint" {
  description = "LocalStack's address."
  type        = string
  default     = "http://127.0.0.1:4566"
}

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = true

  endpoints {
    s3  = var.endpoint
    sqs = var.endpoint
  }
}

module "airlock" {
  source = "../.."

  name                  = "terraform"
  quarantine_bucket     = "terraform-quarantine"
  clean_bucket          = "terraform-clean"
  methods               = ["put", "post", "multipart"]
  cors_allowed_origins  = ["*"]
  cors_allow_any_origin = true
  signer                = { role_arn = "arn:aws:iam::000000000000:role/signer" }
  validator             = { role_arn = "arn:aws:iam::000000000000:role/validator" }
  alarms                = false
  force_destroy         = true
}

output "airlock" {
  description = "Everything that the module tells."
  value       = module.airlock
}
