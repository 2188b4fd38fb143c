#!/usr/bin/env bash
# README: the same tests on the real LocalStack.
#: waits:
set -euo pipefail
source .ci/need.sh
need_stack
infra/localstack/run.sh --install
LOCALSTACK_PORT=0 infra/localstack/run.sh infra/localstack/test.sh
