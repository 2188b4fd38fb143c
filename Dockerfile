# The image of `airlock`: one static binary, nothing else, nobody's root.
#
#   docker build -t airlock:dev .
#
# Both bases are pinned, so that the same source gives the same image. infra/image/check.sh builds
# it where no registry can be reached, by other bases.
ARG BUILDER=golang:1.26.8-alpine@sha256:8ac98ca534ac3f51e1f420a1dd2c15e74c75cfa0f23f3ad27eb5d7236c349a0c
ARG RUNTIME=gcr.io/distroless/static-debian13:nonroot@sha256:e2e927ec666bae08560abb3c55d0659eceabb657f56b6782ab500a9fc7f555e3

FROM ${BUILDER} AS build
WORKDIR /src
ENV CGO_ENABLED=0 GOCACHE=/cache/build GOMODCACHE=/cache/mod
COPY . .
# As a list, since a builder needs no shell then. The caches outlive the build, and are in no layer.
RUN --mount=type=cache,target=/cache ["/usr/local/go/bin/go", "build", "-trimpath", "-ldflags", "-s -w", "-o", "/airlock", "./cmd/airlock"]

FROM ${RUNTIME}
COPY --from=build /airlock /airlock
# By number, since Kubernetes' runAsNonRoot can't tell what a name stands for.
USER 65532:65532
# The signer's API; with --metrics-listen :9090, the metrics and readiness of both.
EXPOSE 8080 9090
# It asks the port that AIRLOCK_METRICS_LISTEN or AIRLOCK_LISTEN names, else the signer's 8080.
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s CMD ["/airlock", "healthcheck"]
ENTRYPOINT ["/airlock"]
