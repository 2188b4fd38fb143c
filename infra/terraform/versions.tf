terraform {
  # Terraform and OpenTofu. optional() with a default and cross-checks by precondition need no more.
  required_version = ">= 1.6"

  required_providers {
    aws = {
      source = "hashicorp/aws"
      # 6.22 is the first that can block SSE-C (blocked_encryption_types).
      version = ">= 6.22, < 7.0"
    }
  }
}
