# The web front end: static files behind Caddy. Build context: docker/
#   docker build -f docker/web.Dockerfile -t developeraipacto/aipacto-web:latest docker
# Where the official image can't be pulled, any image with caddy in its PATH serves: --build-arg BASE=…
ARG BASE=caddy:2.10.2-alpine
FROM ${BASE}

# Caddy writes nothing that has to stay; what it must write goes to /tmp, so that the rest may be read-only.
ENV PORT=8080 \
    XDG_CONFIG_HOME=/tmp/caddy \
    XDG_DATA_HOME=/tmp/caddy

COPY sample/web/Caddyfile /etc/caddy/Caddyfile
COPY sample/web/healthy.sh /usr/local/bin/healthy
COPY sample/web/public/ /srv/

USER 65534:65534
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=2s --start-period=5s CMD ["sh", "/usr/local/bin/healthy"]

CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]
