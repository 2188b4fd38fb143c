#!/usr/bin/env bash
# Fuzz targets, thousands of inputs each. Its part is a sixth of the targets, which the commit draws.
#: long: in part
#: packages: ./config ./signer ./signer/presign ./validator ./validator/inspect
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$PWD times=1
[ "${CI_FULL:-0}" = 0 ] || times=20

# fuzz PACKAGE TARGET runs the package's binary, which is built once for all its targets. It counts
# inputs, not time: a slow machine can miss the end of a time and call that a failure. So it can when it
# is held up for more than a second: go then takes a worker's last input for a crash, and keeps it in
# testdata/fuzz. A real finding is one again when it is run by itself.
fuzz() {
  local inputs=8000 bin=$work/${1//\//_}.test again
  [ "$1" != ./validator/inspect ] || inputs=3000 # there are many, and each is a file that is inspected
  [ -x "$bin" ] || go test -c -vet=off -fuzz . -o "$bin" "$1"
  again=("$bin" -test.run '^$' -test.fuzz "^$2\$" -test.fuzztime $((inputs * times))x -test.fuzzminimizetime 10x
    -test.fuzzcachedir "$(go env GOCACHE)/fuzz/airlock/${1#./}")
  cd "$1"
  if ! "${again[@]}" >"$work/log" 2>&1; then
    cat "$work/log"
    "$bin" -test.run "^$2\$" || { echo "$2 has a finding: see testdata/fuzz" >&2; exit 1; }
    echo "not a finding: the input passes. Once more:"
    "${again[@]}" >"$work/log" 2>&1 || { cat "$work/log"; echo "$2 failed again" >&2; exit 1; }
  fi
  cd "$root"
  printf '%s: %s\n' "$2" "$(grep '^fuzz: elapsed' "$work/log" | tail -n 1)"
}

n=0
while IFS=: read -r file target; do
  n=$((n + 1))
  if [ "${1:-}" != part ] || [ $((n % 6)) = $((CI_DICE % 6)) ]; then fuzz "$(dirname "$file")" "$target"; fi
done < <(grep -rHo --include='*_test.go' '^func Fuzz[A-Za-z]*' ./* | sed 's/func //' | sort)
