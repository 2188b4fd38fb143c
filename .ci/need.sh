# shellcheck shell=bash
# need COMMAND... installs by apt-get, as root, the Debian packages of commands that are missing, and is
# false where one still is. COMMAND=PACKAGE where the names differ. For steps, which source it.
need() {
  local want missing=() still=()
  for want in "$@"; do command -v "${want%%=*}" >/dev/null || missing+=("${want#*=}"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt_install "${missing[@]}" || { apt-get update -qq && apt_install "${missing[@]}"; } || true
  fi >/dev/null 2>&1
  for want in "$@"; do command -v "${want%%=*}" >/dev/null || still+=("${want%%=*}"); done
  [ ${#still[@]} = 0 ] || { printf 'not here, and not to be had by apt-get: %s\n' "${still[*]}" >&2; return 1; }
}

apt_install() { DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@"; }

# need_stack builds the development stack's program before the tests that start it, so that none of them
# waits for that, and none looks for it again.
need_stack() {
  AIRLOCK_STACKD=$(go tool -n airlock/infra/devstack/stackd)
  export AIRLOCK_STACKD
}
