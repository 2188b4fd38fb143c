#!/usr/bin/env bash
# README: one condition left out at a time. Its part is an eighth, which the commit draws.
#: long: in part
#: packages: ./validator ./events ./infra/devstack/stackd
set -euo pipefail
source .ci/need.sh
need_stack
share=1/1
[ "${1:-}" != part ] || share=$((CI_DICE % 8 + 1))/8
"$CI_PROGRAM" timed go test -count=1 -vet=off -timeout 20m -tags mutation ./validator -run Mutations -share "$share"
