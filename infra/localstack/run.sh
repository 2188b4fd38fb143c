#!/usr/bin/env bash
# LocalStack without Docker: the real one, from PyPI, as docker-compose.yml runs it.
#
#   infra/localstack/run.sh             serves on 127.0.0.1:4566 until Ctrl-C
#   infra/localstack/run.sh COMMAND...  serves while the command runs, and ends as it ends
#   infra/localstack/run.sh --install   only makes the virtual environment
#
# LOCALSTACK_PORT takes another port; 0 takes a free one. Needs Python 3.13 and, the first time, PyPI.
# Exit 69 says that LocalStack cannot be had here, and why.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

unavailable() { printf 'LocalStack cannot run here: %s\n' "$*" >&2; exit 69; }

# python313 prints a Python 3.13 that can make virtual environments.
python313() {
  local p
  for p in python3.13 python3 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.13.*/bin/python; do
    if "$p" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null; then
      echo "$p"
      return
    fi
  done
  unavailable "there is no Python 3.13 (tried python3.13, python3, pyenv); install it and run this again"
}

# install makes the virtual environment, once for each requirements.txt.
install() {
  local sum python
  sum=$(cksum <"$here/requirements.txt" | tr -c '0-9\n' -)
  venv=${XDG_CACHE_HOME:-$HOME/.cache}/airlock/localstack-$sum
  [ -e "$venv/complete" ] && return
  python=$(python313)
  mkdir -p "$(dirname "$venv")"
  exec 9>"$venv.lock" # another one may be at it
  if command -v flock >/dev/null; then flock 9; fi
  [ -e "$venv/complete" ] && return
  rm -rf "$venv"
  "$python" -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "$here/requirements.txt" >&2 ||
    unavailable "pip could not install infra/localstack/requirements.txt (see above)"
  touch "$venv/complete"
  exec 9>&-
}

# serve starts LocalStack in the background, waits until it has run ready.d, and sets pid.
serve() {
  port=${LOCALSTACK_PORT:-4566}
  [ "$port" != 0 ] || port=$("$venv/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
    echo "port $port is taken: is another LocalStack running, or go run ./infra/dev? LOCALSTACK_PORT takes another port" >&2
    exit 1
  fi
  state=$(mktemp -d)
  mkdir -p "$state/root/etc/localstack"
  ln -s "$here" "$state/root/etc/localstack/init"
  (
    unset "${!AWS_@}"
    export PATH="$venv/bin:$PATH" PYTHONWARNINGS=ignore PYTHONDONTWRITEBYTECODE=1
    export SERVICES=s3,sqs EAGER_SERVICE_LOADING=1 GATEWAY_LISTEN=127.0.0.1:$port LOCALSTACK_HOST=127.0.0.1:$port
    export S3_SKIP_SIGNATURE_VALIDATION=0 SQS_ENDPOINT_STRATEGY=off DISABLE_EVENTS=1 SKIP_SSL_CERT_DOWNLOAD=1 DNS_ADDRESS=0
    export OVERRIDE_IN_DOCKER=0 # else it takes a container of a CI system for its own, and / for its root
    export LOCALSTACK_VOLUME_DIR=$state/volume FILESYSTEM_ROOT=$state/root
    exec "$venv/bin/python" -m localstack.runtime.main
  ) >"$state/log" 2>&1 &
  pid=$!
  trap stop EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  local end=$((SECONDS + 90)) said
  until said=$(curl -sf "http://127.0.0.1:$port/_localstack/init/ready") && [[ $said =~ \"name\":\ *\"10-airlock.sh\",\ *\"state\":\ *\"SUCCESSFUL\" ]]; do
    if [[ ${said:-} == *'"completed": true'* ]] || ((SECONDS > end)) || ! kill -0 "$pid" 2>/dev/null; then
      grep -v '/_localstack/' "$state/log" | tail -n 30 >&2 || true
      echo "LocalStack did not start on 127.0.0.1:$port (its log is above)" >&2
      exit 1
    fi
    sleep 0.2
  done
}

stop() {
  kill "$pid" 2>/dev/null || true
  for _ in {1..50}; do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
  kill -9 "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  rm -rf "$state"
}

# environment is what airlock and its tests need to use this LocalStack.
environment() {
  cat <<END
AWS_ENDPOINT_URL=http://127.0.0.1:$port
AWS_REGION=us-east-1
AWS_DEFAULT_REGION=us-east-1
AWS_ACCESS_KEY_ID=test
AWS_SECRET_ACCESS_KEY=test
AIRLOCK_PUBLIC_S3_ENDPOINT=http://127.0.0.1:$port
AIRLOCK_PATH_STYLE=true
AIRLOCK_QUARANTINE_BUCKET=airlock-quarantine
AIRLOCK_CLEAN_BUCKET=airlock-clean
AIRLOCK_QUEUE_URL=http://127.0.0.1:$port/000000000000/airlock-uploads
AIRLOCK_TEST_S3_ENDPOINT=http://127.0.0.1:$port
AIRLOCK_TEST_SQS_ENDPOINT=http://127.0.0.1:$port
END
}

command -v curl >/dev/null || unavailable "there is no curl"
install
[ "${1:-}" != --install ] || exit 0
serve
if [ $# -gt 0 ]; then
  while IFS= read -r line; do export "${line?}"; done < <(environment)
  "$@" || exit $?
  exit 0
fi
echo "# LocalStack serves on 127.0.0.1:$port until Ctrl-C. In another terminal:"
environment | sed 's/^/export /'
wait "$pid"
