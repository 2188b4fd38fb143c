#!/usr/bin/env bash
# README: the manifests, which are held against the program's own flags.
#: long:
#: packages: ./cmd/airlock
#: paths: infra/kubernetes infra/nats
set -euo pipefail
cd infra/kubernetes
go vet ./...
go mod tidy -diff
cd check
"$CI_PROGRAM" timed go test -count=1 -vet=off ./...
