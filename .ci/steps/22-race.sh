#!/usr/bin/env bash
# What runs side by side, with the race detector. It does not repeat what has one goroutine, however
# long: simulation, corpora, and the scripts of cmd/airlock that need other programs. What the step faults
# runs is not here either. CI_FULL leaves nothing out.
#: waits:
set -euo pipefail
source .ci/need.sh
need gcc || exit 69
need_stack
export CGO_ENABLED=1 # the detector needs it
race() { "$CI_PROGRAM" timed go test -race -count=1 -vet=off -timeout 15m -p 4 "$@"; }

if [ "${CI_FULL:-0}" != 0 ]; then
  race ./...
  exit
fi
race -skip 'Simulation|TestTheReadmesCurlWalk|TestTheAPIPagesWalk' ./cmd/airlock ./events ./signer/... ./surroundings/probe ./validator
# Of the inspectors' tests those in files that start goroutines.
together=$(grep -lE '\bgo func|\.Go\(|Parallel\(\)' validator/inspect/*_test.go | xargs sed -n 's/^func \(Test[A-Za-z0-9]*\)(.*/\1/p' | paste -sd '|')
race -run "^($together)\$" ./validator/inspect
