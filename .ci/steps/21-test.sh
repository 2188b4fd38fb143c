#!/usr/bin/env bash
# README's second command. The step lint has vetted already.
set -euo pipefail
source .ci/need.sh
need_stack
need curl jq || echo "without the walks of README and docs/api.md" >&2
"$CI_PROGRAM" timed go test -count=1 -vet=off -timeout 10m -p 4 ./...
