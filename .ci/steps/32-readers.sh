#!/usr/bin/env bash
# Real readers (PDFium, pdf.js, libxml2, Java, Python, Chromium) find nothing in what airlock accepts: of
# the corpus, and of 1,000 mutants of it that are always the same. CI_FULL: 20,000, which the commit draws.
#: long:
#: packages: ./infra/readers
#: paths: infra/readers/make.sh infra/readers/Readers.java infra/readers/pdfjs.mjs infra/readers/readers.py infra/readers/requirements.txt infra/readers/package.json infra/readers/package-lock.json
#: tools: chromium --version, chromium-headless-shell --version, java -version, node --version, python3 --version
set -euo pipefail
cache=${XDG_CACHE_HOME:-$HOME/.cache}/airlock/readers
if ! infra/readers/make.sh --check 2>/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  infra/readers/make.sh --install >/dev/null || echo "some of the readers could not be installed" >&2
fi
infra/readers/make.sh --check # says what is not here, and ends with 69
key=$({
  cat infra/readers/{make.sh,requirements.txt,package-lock.json}
  python3 --version
} | sha256sum | cut -c1-32)
if [ ! -d "$cache/$key" ]; then
  mkdir -p "$cache"
  find "$cache" -mindepth 1 -maxdepth 1 -mtime +2 -exec rm -rf {} + # another run may still use younger ones
  making=$(mktemp -d -p "$cache")
  trap 'rm -rf "$making"' EXIT
  infra/readers/make.sh "$making" >/dev/null
  mv -T "$making" "$cache/$key" || [ -d "$cache/$key" ] # another run was first
fi
mutants=1000 seed=1
[ "${CI_FULL:-0}" = 0 ] || mutants=20000 seed=$((CI_DICE + 1))
AIRLOCK_READERS=$cache/$key "$CI_PROGRAM" timed go test -count=1 -vet=off -timeout 60m ./infra/readers -args -mutants "$mutants" -seed "$seed"
