# The API server. Build context: docker/
#   docker build -f docker/server.Dockerfile -t developeraipacto/aipacto-server:latest docker
# Where node:24-alpine can't be pulled, any image with a current node in its PATH serves: --build-arg BASE=…
ARG BASE=node:24-alpine
FROM ${BASE}

ENV NODE_ENV=production \
    PORT=3000

WORKDIR /app
COPY sample/server/ ./

# "node" in the official image; a number means the same in every base.
USER 1000:1000
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=2s --start-period=5s CMD ["node", "healthy.mjs"]

# Node is the first process, so it gets SIGTERM itself; server.mjs ends open requests before it leaves.
CMD ["node", "server.mjs"]
