#!/usr/bin/env bash
# README: the fault tests in full, with the race detector where there is a C compiler.
#: waits:
set -euo pipefail
source .ci/need.sh
need_stack
race=(-race)
if need gcc; then export CGO_ENABLED=1; else race=(); fi
"$CI_PROGRAM" timed go test "${race[@]}" -count=1 -vet=off -timeout 15m ./validator/... -run Fault
