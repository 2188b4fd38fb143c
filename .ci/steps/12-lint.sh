#!/usr/bin/env bash
# go vet, go fix, go mod tidy, staticcheck. The nested modules are looked at by their own steps.
set -euo pipefail
go vet ./...
go vet -tags mutation ./validator
fixes=$(go fix -diff ./... 2>&1) || true
[ -z "$fixes" ] || { printf 'go fix would change:\n%s\n' "$fixes" >&2; exit 1; }
go mod tidy -diff || { echo "run go mod tidy" >&2; exit 1; }
go tool staticcheck ./...
