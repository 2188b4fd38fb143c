#!/usr/bin/env bash
# README: the Terraform module.
#: long:
#: paths: infra/terraform
#: tools: terraform version, tofu version, node --version, tflint --version, terraform-docs --version
set -euo pipefail
(cd infra/terraform/paper && go vet ./... && go mod tidy -diff)
infra/terraform/check.sh
