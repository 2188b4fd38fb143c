#!/usr/bin/env bash
# What runs side by side, with the race detector. It does not repeat what has one goroutine, however
# long: simulation, corpora, and the walks of the documents. Of the fault tests, which take five times as
# long with it, it runs a sixth, which the commit draws. CI_FULL leaves nothing out.
set -euo pipefail
source .ci/need.sh
need gcc || exit 69
need_stack
export CGO_ENABLED=1 # the detector needs it
race() { "$CI_PROGRAM" timed go test -race -count=1 -vet=off -timeout 15m -p 4 "$@"; }

# tests prints a pattern for the tests in files.
tests() { sed -n 's/^func \(Test[A-Za-z0-9_]*\)(t .*/\1/p' "$@" | sort | paste -sd '|'; }

if [ "${CI_FULL:-0}" != 0 ]; then
  race ./...
  exit
fi
race -skip 'Simulation|TestTheReadmesCurlWalk|TestTheAPIPagesWalk' ./cmd/airlock ./events ./signer/... ./surroundings/probe ./validator ./validator/isolation
# Of the inspectors' tests those in files that start goroutines.
mapfile -t together < <(grep -lE '\bgo func|\.Go\(|Parallel\(\)' validator/inspect/*_test.go)
race -run "^($(tests "${together[@]}"))\$" ./validator/inspect
drawn=$(tests validator/fault/*_test.go | tr '|' '\n' | awk -v "draw=$((CI_DICE % 6))" 'NR % 6 == draw' | paste -sd '|')
race -run "^($drawn)\$" ./validator/fault
