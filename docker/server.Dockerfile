# The API server. Build context: docker/
#   docker build -f docker/server.Dockerfile -t developeraipacto/aipacto-server:latest docker
FROM node:24-alpine

ENV NODE_ENV=production \
    PORT=3000

WORKDIR /app
COPY --chown=node:node sample/server/ ./

USER node
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=2s --start-period=5s \
  CMD wget -q -O /dev/null "http://127.0.0.1:${PORT}/api/health" || exit 1

# Node is the first process, so it gets SIGTERM itself; server.mjs ends open requests before it leaves.
CMD ["node", "server.mjs"]
