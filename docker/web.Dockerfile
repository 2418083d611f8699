# The web front end: static files behind Caddy. Build context: docker/
#   docker build -f docker/web.Dockerfile -t developeraipacto/aipacto-web:latest docker
FROM caddy:2.10.2-alpine

ENV PORT=8080

COPY sample/web/Caddyfile /etc/caddy/Caddyfile
COPY sample/web/public/ /srv/

USER 65534:65534
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=2s --start-period=5s \
  CMD wget -q -O /dev/null "http://127.0.0.1:${PORT}/health" || exit 1

CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]
