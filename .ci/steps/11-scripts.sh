#!/usr/bin/env bash
# Shell scripts: all that git has.
set -euo pipefail
source .ci/need.sh
mapfile -t scripts < <(git ls-files .ci '*.sh')
for f in "${scripts[@]}"; do bash -n "$f"; done
need shellcheck || exit 69
shellcheck --severity=warning -x "${scripts[@]}" # newer ones know more matters of taste
