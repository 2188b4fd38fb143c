#!/usr/bin/env bash
# Reads docker-compose.yml as compose itself does, with every profile. Needs no engine.
#
#   infra/compose/check.sh          by a compose that is at hand
#   infra/compose/check.sh --build  builds one first if there is none: once, some minutes, needs Go
#
# Exit 69 says that nothing was checked, and why.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

version=v5.6.0
built=${XDG_CACHE_HOME:-$HOME/.cache}/airlock/docker-compose-$version

# build compiles compose from a copy of its module: `go install` refuses a module with exclude lines.
build() (
  dir=$(go mod download -json "github.com/docker/compose/v5@$version" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  cp -R "$dir/." "$work"
  chmod -R u+w "$work"
  mkdir -p "$(dirname "$built")"
  cd "$work"
  GOFLAGS=-buildvcs=false go build -ldflags "-X github.com/docker/compose/v5/internal.Version=$version" -o "$built.$$" ./cmd
  mv "$built.$$" "$built" # at once: another one may be at it, or this one be killed
)

if [ "${1:-}" = --build ] && ! docker compose version >/dev/null 2>&1 && ! command -v docker-compose >/dev/null && [ ! -x "$built" ]; then
  build
fi
if docker compose version >/dev/null 2>&1; then
  compose=(docker compose)
elif command -v docker-compose >/dev/null; then
  compose=(docker-compose)
elif [ -x "$built" ]; then
  compose=("$built")
else
  echo "docker-compose.yml is not checked: there is no compose here; infra/compose/check.sh --build makes one" >&2
  exit 69
fi

# A warning (a variable that is not set, a key that is obsolete) is a fault too.
if ! said=$("${compose[@]}" --profile '*' config --quiet 2>&1) || [ -n "$said" ]; then
  printf 'docker-compose.yml, as %s reads it:\n%s\n' "${compose[*]}" "$said" >&2
  exit 1
fi
echo "docker-compose.yml is well for $("${compose[@]}" version --short)"
