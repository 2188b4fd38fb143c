#!/usr/bin/env bash
# Builds the image by the Dockerfile and runs it as Kubernetes and compose do: as 65532, on a
# read-only root, against S3, SQS and NATS of infra/dev. No engine and no registry is needed: buildah
# builds, the builder is the Go of this machine with its modules, and the runtime is an empty image.
#
#   infra/image/check.sh
#
# Needs Go and Debian's buildah (apt-get install --no-install-recommends buildah). Exit 69 says that
# nothing was checked, and why.
set -euo pipefail

unavailable() { printf 'the image is not checked: %s\n' "$*" >&2; exit 69; }
fail() { printf 'the image: %s\n' "$*" >&2; exit 1; }

[ "$(uname -s)" = Linux ] || unavailable "this is not Linux"
command -v buildah >/dev/null || unavailable "there is no buildah; apt-get install --no-install-recommends buildah"
command -v go >/dev/null || unavailable "there is no Go"
# Mounts and foreign user ids need root, or a user namespace in which we are that.
if [ "$(id -u)" != 0 ]; then
  buildah unshare true 2>/dev/null || unavailable "this user can make no user namespace"
  exec buildah unshare "$(realpath "${BASH_SOURCE[0]}")" "$@"
fi

unshare --mount true 2>/dev/null || unavailable "no mount namespace can be made here"

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export BUILDAH_ISOLATION=chroot # asks for no runtime and no cgroups
unset "${!AWS_@}" "${!AIRLOCK_@}" # airlock inherits what is left
work=$(mktemp -d)
image=localhost/airlock:check-$$
builder=localhost/airlock-builder:check-$$
containers=() pids=()

cleanup() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait
  for c in "${containers[@]}"; do buildah rm "$c" >/dev/null || true; done
  buildah rmi "$image" "$builder" >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap cleanup EXIT

# container sets c to a new container of an image.
container() {
  c=$(buildah from --pull-never "$1")
  containers+=("$c")
}

echo "== build"
go mod download
# The builder holds nothing but a place for temporary files: Go and its modules are mounted.
container scratch
mkdir -m 1777 "$work/tmp"
buildah copy -q "$c" "$work/tmp" /tmp >/dev/null
buildah config --env GOPROXY=file:///proxy --env GOTOOLCHAIN=local "$c"
buildah commit -q "$c" "$builder" >/dev/null
buildah build --pull-never --format docker --tag "$image" \
  --volume "$(go env GOROOT):/usr/local/go:ro" --volume "$(go env GOMODCACHE)/cache/download:/proxy:ro" \
  --build-arg "BUILDER=$builder" --build-arg RUNTIME=scratch . >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "it does not build"; }
grep '^\[2/2\]' "$work/log"

echo "== configuration"
config=$(buildah inspect --type image --format \
  '{{.Docker.Config.User}} {{.Docker.Config.Entrypoint}} {{.Docker.Config.Healthcheck.Test}}' "$image")
echo "$config"
[ "$config" = "65532:65532 [/airlock] [CMD /airlock healthcheck]" ] || fail "that is not its user, entrypoint and health check"

container "$image"
root=$(buildah mount "$c")
files=$(cd "$root" && find . -type f)
[ "$files" = ./airlock ] || fail "it holds more than /airlock: $files"

# in_image runs a command of airlock in the image, with the environment that it is given. It ends by
# exec, so that a background job's pid is airlock's own.
in_image() {
  # shellcheck disable=SC2016 # expanded by the inner bash
  exec unshare --mount --propagation private bash -c '
    mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" || exit 99
    [ ! -d "$0/tmp" ] || mount -t tmpfs -o mode=1777 tmpfs "$0/tmp" || exit 99
    exec setpriv --no-new-privs chroot --userspec=65532:65532 --groups=65532 "$0" /airlock "$@"' "$root" "$@"
}

# want runs a command of airlock in the image and wants its exit code, and a word in what it says.
want() {
  local code=$1 word=$2 said got=0
  shift 2
  said=$( (in_image "$@") 2>&1) || got=$?
  printf 'airlock %s: exit %s: %s\n' "$*" "$got" "$said"
  [ "$got" = "$code" ] || fail "exit $got, want $code"
  [[ $said == *"$word"* ]] || fail "it does not say \"$word\""
}

# until_said waits for a word in a log and prints what follows it, up to the next blank.
until_said() {
  for _ in {1..200}; do
    if grep -q "$2" "$1"; then
      sed -n "s/.*$2\([^ ]*\).*/\1/p" "$1" | head -n 1
      return
    fi
    sleep 0.1
  done
  cat "$1" >&2
  fail "no \"$2\" within 20 s"
}

echo "== alone"
want 0 "airlock " version
want 1 "connection refused" healthcheck --listen 127.0.0.1:1
# The one command that writes a file: it keeps what comes by stdin.
TMPDIR=/ want 1 "read-only file system" upload --profile image --name cat.png - </dev/null

echo "== against S3, SQS and NATS"
go build -o "$work/dev" ./infra/dev
"$work/dev" --stack-only --s3-listen 127.0.0.1:0 --sqs-listen 127.0.0.1:0 --nats-listen 127.0.0.1:0 >"$work/stack" 2>&1 &
pids+=($!)
until_said "$work/stack" '# then' >/dev/null
# shellcheck source=/dev/null
. "$work/stack"
mkdir -p "$root/etc/airlock"
install -m 644 "$AWS_SHARED_CREDENTIALS_FILE" "$AIRLOCK_CONFIG" "$root/etc/airlock"
export AWS_SHARED_CREDENTIALS_FILE=/etc/airlock/credentials AIRLOCK_CONFIG=/etc/airlock/airlock.yaml
AWS_PROFILE=validator want 78 "mount something writable at /tmp" validator
mkdir "$root/tmp" # as distroless has it

(AWS_PROFILE=signer in_image signer --insecure-no-auth --listen 127.0.0.1:0 --metrics-listen 127.0.0.1:0) >"$work/signer" 2>&1 &
pids+=($!)
signer=$!
(AWS_PROFILE=validator in_image validator --poll-wait 1s --metrics-listen 127.0.0.1:0) >"$work/validator" 2>&1 &
pids+=($!)
validator=$!
api=$(until_said "$work/signer" 'the signer serves" address=')
until_said "$work/validator" 'the validator works' >/dev/null
want 0 ready healthcheck --listen "$api"
AIRLOCK_METRICS_LISTEN=$(until_said "$work/signer" 'served" address=') want 0 ready healthcheck
AIRLOCK_METRICS_LISTEN=$(until_said "$work/validator" 'served" address=') want 0 ready healthcheck
want 0 accepted upload --endpoint "http://$api" --profile text --name hello.txt /etc/airlock/airlock.yaml
for pid in $signer $validator; do
  kill "$pid"
  wait "$pid" || fail "exit $? after SIGTERM"
done
echo "== the image is well ($SECONDS s)"
