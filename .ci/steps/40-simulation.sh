#!/usr/bin/env bash
# README: the simulation. go test ./... has run ten thousand seeds already.
#: long:
#: packages: ./validator
set -euo pipefail
"$CI_PROGRAM" timed go test -count=1 -vet=off ./validator -run Simulation -seeds 100000
