#!/usr/bin/env bash
# gofmt.
set -euo pipefail
unformatted=$(gofmt -l .)
[ -z "$unformatted" ] || { printf 'gofmt -w these files:\n%s\n' "$unformatted" >&2; exit 1; }
