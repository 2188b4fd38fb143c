#!/usr/bin/env bash
# Has systemd read the units, without a running systemd, and score how far they are confined; and
# looks whether each command knows the variables that its unit gives it. Needs systemd 252 or later
# and Go.
#
#   infra/systemd/check.sh
#
# Exit 69 says that nothing was checked, and why.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

if ! command -v systemd-analyze >/dev/null; then
  echo "infra/systemd is not checked: there is no systemd-analyze here; it is in the package systemd (apt-get install systemd)" >&2
  exit 69
fi
version=$(systemd-analyze --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
if [ "${version:-0}" -lt 252 ]; then
  echo "infra/systemd is not checked: systemd-analyze is of version ${version:-unknown}, and 252 is needed" >&2
  exit 69
fi

faults=0
fault() { printf '%s\n' "$*" >&2; faults=$((faults + 1)); }

# A root in which the units find what they name: the program, and systemd's own targets. So nothing
# of this machine counts, and nothing that systemd says has to be overlooked.
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/etc/systemd/system" "$root/usr/lib/systemd/system" "$root/usr/local/bin"
for target in sysinit basic shutdown network-online multi-user; do
  printf '[Unit]\nDescription=stands for %s\n' "$target" >"$root/usr/lib/systemd/system/$target.target"
done
(cd ../.. && go build -o "$root/usr/local/bin/airlock" ./cmd/airlock)
cp ./*.service "$root/etc/systemd/system/"

# It only warns of a directive or a system call that it does not know, with exit 0: each word is a
# fault. The exposure is 0 to 10; 20 stands for 2.0.
for unit in *.service; do
  said=$(systemd-analyze --root="$root" verify "$unit" 2>&1) || said+=" (exit $?)"
  [ -z "$said" ] || fault "$unit: systemd says: ${said//$root/}"
  if score=$(systemd-analyze --root="$root" --offline=true --threshold=20 --no-pager security "$unit" 2>&1); then
    printf '%s: verified; %s\n' "$unit" "$(sed -n 's/.*Overall exposure level for [^:]*: \([0-9.]*\).*/exposure \1 of 10/p' <<<"$score")"
  else
    fault "$unit: more exposed than 2.0:
$(grep -v ✓ <<<"$score")"
  fi
done

# A command says nothing of a variable that it has no flag for. Given are those of the unit and of
# the files that it reads (a commented one too: it is there to be switched on); each only once.
for unit in *.service; do
  read -r command _ < <(sed -n 's|^ExecStart=/usr/local/bin/airlock ||p' "$unit")
  help=$("$root/usr/local/bin/airlock" "$command" --help | tr -s ' \n' ' ')
  files=()
  while read -r file; do
    if [ -f "$file" ]; then files+=("$file"); else fault "$unit reads $file, which is not here"; fi
  done < <(sed -n 's|^EnvironmentFile=/etc/airlock/||p' "$unit")
  given=$({ sed -n 's/^#\? *Environment=//p' "$unit"; sed 's/^#//' "${files[@]}"; } | sed -n 's/^\([A-Z][A-Z0-9_]*\)=.*/\1/p' | sort)
  for name in $(uniq -d <<<"$given"); do fault "$unit: $name is given twice"; done
  for name in $given; do
    [[ $name != AIRLOCK_* || $help == *"(\$$name)"* ]] || fault "$unit: airlock $command has no flag for $name"
  done
done

[ "$faults" = 0 ] || exit 1
echo "infra/systemd is well for systemd $version"
