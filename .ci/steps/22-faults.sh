#!/usr/bin/env bash
# README: the fault tests in full.
#: waits:
set -euo pipefail
source .ci/need.sh
need_stack
"$CI_PROGRAM" timed go test -count=1 -vet=off -timeout 10m ./validator/fault -run Fault
