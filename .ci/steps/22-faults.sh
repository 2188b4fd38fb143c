#!/usr/bin/env bash
# README: the fault tests in full; then those of inspectors that nothing within a process can stop.
#: waits:
set -euo pipefail
source .ci/need.sh
need_stack
"$CI_PROGRAM" timed go test -count=1 -vet=off -timeout 10m ./validator/fault -run Fault
"$CI_PROGRAM" timed go test -count=1 -vet=off -timeout 5m -tags misbehave ./validator/isolation ./validator/fault -run Misbehaves\|AFileEnds\|ManyAtOnce
