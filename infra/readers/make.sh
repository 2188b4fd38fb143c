#!/usr/bin/env bash
# The readers that `go test ./infra/readers` shows files to: real programs, of pinned versions where they
# come from pip and npm.
#
#   infra/readers/make.sh DIR         installs lxml and PDFium (pip) and pdf.js (npm) below DIR
#   infra/readers/make.sh --check     says what is not here that this or the test needs
#   infra/readers/make.sh --install   installs that by apt-get, as root (800 MB)
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# Ubuntu's chromium is a snap, which runs in no container: there Google's own browser does as well.
packages=(chromium chromium-headless-shell default-jdk-headless nodejs npm python3-venv)

# lacks says what is not here, and is true where that is something.
lacks() {
  local none=()
  command -v chromium chromium-browser google-chrome chrome >/dev/null || none+=(Chromium)
  command -v javac >/dev/null || none+=("a JDK")
  node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || a == 20 && b >= 19 ? 0 : 1)' 2>/dev/null || none+=("node 20.19 or newer")
  command -v npm >/dev/null || none+=(npm)
  python3 -c 'import ensurepip, venv' 2>/dev/null || none+=("python3 with venv")
  [ ${#none[@]} -gt 0 ] || return 1
  printf 'the readers need what is not here: %s\n' "$(printf '%s, ' "${none[@]}" | sed 's/, $//')" >&2
}

case ${1-} in
  --check) if lacks; then exit 69; fi; exit ;;
  --install)
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}"
    exit
    ;;
  '' | -*) sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
if lacks; then exit 69; fi
mkdir -p "$1"
cd "$1"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r "$here/requirements.txt"
cp "$here/package.json" "$here/package-lock.json" .
npm ci --omit=optional --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
printf 'AIRLOCK_READERS=%s go test ./infra/readers\n' "$PWD"
