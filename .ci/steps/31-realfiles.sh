#!/usr/bin/env bash
# Files by real tools, each judged. They are made anew only where the scripts or the tools' packages are
# others than those that made the ones in the cache.
set -euo pipefail
cache=${XDG_CACHE_HOME:-$HOME/.cache}/airlock/realfiles-made
mapfile -t packages < <(sed -n '/^packages=(/,/^)/p' infra/realfiles/make.sh | grep -o '[a-z0-9][a-z0-9.+-]*' | grep -v '^packages$')
key() {
  {
    cat infra/realfiles/make.sh infra/realfiles/parts/* infra/realfiles/requirements.txt
    dpkg-query -W "${packages[@]}" 2>/dev/null || true # what is missing is no fault here: make.sh says it
  } | sha256sum | cut -c1-32
}
if [ ! -d "$cache/$(key)" ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    infra/realfiles/make.sh --install >/dev/null || echo "some of the tools of infra/realfiles could not be installed" >&2
  fi
  mkdir -p "$cache"
  find "$cache" -mindepth 1 -maxdepth 1 -mtime +2 -exec rm -rf {} + # another run may still judge younger ones
  making=$(mktemp -d -p "$cache")
  trap 'rm -rf "$making"' EXIT
  infra/realfiles/make.sh "$making"
  mv -T "$making" "$cache/$(key)" || [ -d "$cache/$(key)" ] # another run was first
fi
AIRLOCK_REAL_FILES=$cache/$(key) "$CI_PROGRAM" timed go test -count=1 -vet=off ./infra/realfiles
