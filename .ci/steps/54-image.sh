#!/usr/bin/env bash
# The image by the Dockerfile, and airlock in it.
#: long:
#: packages: ./cmd/airlock ./infra/dev
#: paths: Dockerfile .dockerignore infra/image
#: tools: buildah --version
set -euo pipefail
source .ci/need.sh
need buildah || exit 69
infra/image/check.sh
