#!/usr/bin/env bash
# README: the units.
#: long:
#: packages: ./cmd/airlock
#: paths: infra/systemd
#: tools: systemd-analyze --version
set -euo pipefail
source .ci/need.sh
need systemd-analyze=systemd || exit 69
infra/systemd/check.sh
