#!/usr/bin/env bash
# README: the soak, one minute.
#: long:
#: packages: ./infra/soak ./infra/devstack/stackd
#: waits:
set -euo pipefail
source .ci/need.sh
need_stack
go run ./infra/soak --minutes 1
