# The web front end: a React application, built here, and Caddy that serves it. Build context: docker/
#   docker build -f docker/web.Dockerfile -t developeraipacto/aipacto-web:latest docker
# Where the official image can't be pulled, any image with a shell and caddy in its PATH serves: --build-arg BASE=…;
# BUILD is the one the application is built in. Without npm and apk there the plain page is served instead.
ARG BASE=caddy:2.10.2-alpine
ARG BUILD=${BASE}

FROM ${BUILD} AS build
WORKDIR /app
COPY sample/web/plain/ ./dist/
COPY sample/web/package.json sample/web/package-lock.json ./
RUN if command -v apk >/dev/null && ! command -v npm >/dev/null; then apk add --no-cache nodejs npm; fi; \
    if command -v npm >/dev/null; then npm ci --ignore-scripts; else echo 'no npm here: the plain page'; fi
COPY sample/web/ ./
RUN if command -v npm >/dev/null; then node build.mjs; fi

FROM ${BASE}
# Caddy writes nothing that has to stay; what it must write goes to /tmp, so that the rest may be read-only.
ENV PORT=8080 \
    XDG_CONFIG_HOME=/tmp/caddy \
    XDG_DATA_HOME=/tmp/caddy

COPY sample/web/Caddyfile /etc/caddy/Caddyfile
COPY sample/web/healthy.sh /usr/local/bin/healthy
COPY --from=build /app/dist/ /srv/

USER 65534:65534
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=2s --start-period=5s CMD ["sh", "/usr/local/bin/healthy"]

CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]
