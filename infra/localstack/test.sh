#!/usr/bin/env bash
# The tests that run on LocalStack too, one package after another, since they share a queue:
#
#   infra/localstack/run.sh infra/localstack/test.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
go test -count=1 ./infra/localstack # first: it looks at what the script has made
go test -count=1 -p 1 ./doctor ./infra/stores ./infra/devstack/... ./signer ./signer/presign ./signer/parts ./validator ./cmd/airlock
