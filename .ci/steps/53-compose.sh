#!/usr/bin/env bash
# docker-compose.yml, as compose itself reads it.
#: long:
#: paths: docker-compose.yml infra/compose infra/nats infra/localstack Dockerfile
#: tools: docker compose version
set -euo pipefail
infra/compose/check.sh --build
