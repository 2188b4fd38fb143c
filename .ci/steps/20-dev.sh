#!/usr/bin/env bash
# README's first command.
set -euo pipefail
go run ./infra/dev --once
