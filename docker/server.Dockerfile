# The API server. Build context: docker/
#   docker build -f docker/server.Dockerfile -t developeraipacto/aipacto-server:latest docker
# Alpine's own Node is half the size of the official image's, which brings every language along. Where Alpine can't be pulled, any image with a shell and a
# current node in its PATH serves: --build-arg BASE=…; BUILD is the one that dependencies are installed in.
ARG BASE=alpine:3.22
ARG BUILD=${BASE}

FROM ${BUILD} AS build
WORKDIR /app
COPY sample/server/package.json sample/server/package-lock.json ./
# An image without npm and apk has nothing to install with: right as long as there are no dependencies.
RUN if command -v apk >/dev/null && ! command -v npm >/dev/null; then apk add --no-cache nodejs npm; fi; \
    if command -v npm >/dev/null; then npm ci --omit=dev --ignore-scripts; fi
COPY sample/server/ ./

FROM ${BASE}
RUN command -v node >/dev/null || apk add --no-cache nodejs

ENV NODE_ENV=production \
    PORT=3000

WORKDIR /app
COPY --from=build /app/ ./

# A number means the same in every base. Nothing below /app belongs to it.
USER 1000:1000
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=2s --start-period=5s CMD ["node", "healthy.mjs"]

# Node is the first process, so it gets SIGTERM itself; server.mjs ends open requests before it leaves.
CMD ["node", "server.mjs"]
