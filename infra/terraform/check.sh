#!/usr/bin/env bash
# Checks the Terraform module, as far as the tools are there, and says what it ran.
#
#   infra/terraform/check.sh                  runs what can be run
#   infra/terraform/check.sh --install        first builds tofu, tflint and terraform-docs (4 minutes)
#   infra/terraform/check.sh --install-trivy  also trivy (15 minutes)
#   infra/terraform/check.sh --registry       validates and tests with HashiCorp's own provider, too
#
# The tools come out of the Go module proxy, into ~/.cache/airlock/bin. Without any tool it ends with
# 69, after the reasons.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=${XDG_CACHE_HOME:-$HOME/.cache}/airlock/bin
export PATH="$bin:$PATH" CHECKPOINT_DISABLE=1

ran=() skipped=()
step() { printf -- '-- %s\n' "$*"; ran+=("$*"); }
skip() { skipped+=("$*"); }
has() { command -v "$1" >/dev/null; }

# build copies a module's source, since its replace directives count only where it is the main one.
build() { # MODULE VERSION PACKAGE NAME
  local source tmp
  ! has "$4" || return 0
  printf -- '-- build %s %s\n' "$4" "$2"
  source=$(go mod download -json "$1@$2" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
  [ -n "$source" ] || { printf '%s@%s cannot be had\n' "$1" "$2" >&2; return 1; }
  tmp=$(mktemp -d)
  mkdir -p "$bin"
  cp -R "$source/." "$tmp" && chmod -R u+w "$tmp"
  (cd "$tmp" && GOFLAGS=-mod=mod CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o "$bin/$4" "$3")
  rm -rf "$tmp"
}

install() {
  build github.com/opentofu/opentofu v1.12.6 ./cmd/tofu tofu
  build github.com/terraform-linters/tflint v0.64.0 . tflint
  build github.com/terraform-docs/terraform-docs v0.20.0 . terraform-docs
}

registry=
for flag in "$@"; do
  case $flag in
  --install) install ;;
  --install-trivy) install; build github.com/aquasecurity/trivy v0.65.0 ./cmd/trivy trivy ;;
  --registry) registry=1 ;;
  *) sed -n '4,7s/^# *//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
  esac
done

if has terraform || has tofu; then
  for tool in terraform tofu; do
    has "$tool" || { skip "$tool is not on the PATH"; continue; }
    step "fmt, validate, test, plan and apply on paper: $("$tool" version | grep -E '^(Terraform|OpenTofu) v')"
  done
  (cd "$here/paper" && go vet . && go test -count=1 .)
else
  skip "neither terraform nor tofu is on the PATH: infra/terraform/check.sh --install builds tofu"
fi

if [ -n "$registry" ]; then
  for tool in terraform tofu; do
    has "$tool" || continue
    step "$tool validate, test: with the provider of its registry"
    work=$(mktemp -d)
    cp -R "$here/." "$work"
    (cd "$work" && "$tool" init -backend=false -input=false >/dev/null && "$tool" validate && "$tool" test)
    rm -rf "$work"
  done
fi

if has node && has npm; then
  step "policies: what they allow and deny"
  work=$(mktemp -d) # so that nothing is left beside the sources, and two may run at once
  cp -R "$here/simulate" "$here/tests" "$work"
  (cd "$work/simulate" && npm ci --no-audit --no-fund --silent && npm test --silent) >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
  grep -E '^# (pass|fail)' "$work/log"
  rm -rf "$work"
else
  skip "the simulation of policies needs node and npm"
fi

if has tflint; then
  step "tflint"
  tflint --chdir="$here"
  for example in "$here"/examples/*; do # one file is easier to copy
    tflint --chdir="$example" --config="$here/.tflint.hcl" --disable-rule=terraform_standard_module_structure
  done
else
  skip "tflint is not on the PATH: infra/terraform/check.sh --install builds it"
fi

if has terraform-docs; then
  step "terraform-docs: the tables of README.md"
  terraform-docs --output-check "$here"
else
  skip "terraform-docs is not on the PATH: infra/terraform/check.sh --install builds it"
fi

if has trivy; then
  step "trivy config"
  trivy config --quiet --exit-code 1 --severity MEDIUM,HIGH,CRITICAL --skip-check-update --ignorefile "$here/.trivyignore" --skip-dirs simulate/node_modules "$here"
else
  skip "trivy is not on the PATH: infra/terraform/check.sh --install-trivy builds it"
fi

[ ${#ran[@]} -eq 0 ] || printf 'ran: %s\n' "${ran[@]}"
[ ${#skipped[@]} -eq 0 ] || printf 'skipped: %s\n' "${skipped[@]}"
[ ${#ran[@]} -gt 0 ] || exit 69
