#!/usr/bin/env bash
# README: the soak, one minute.
#: long:
#: packages: ./infra/soak
set -euo pipefail
go run ./infra/soak --minutes 1
