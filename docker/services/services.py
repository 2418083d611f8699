"""What servers of the emulated cloud find around them: metadata service, downloads, image registry.

One process per world, in a container at a fixed public address. What it tells stands in /srv/world.json, which the
emulated cloud replaces whenever the world changed:

    {"metadata": {"198.18.7.1": {"/hetzner/v1/metadata/hostname": "production-1", …}, …},
     "mirror": {"/mirror/nomad/1.9.7/nomad_1.9.7_linux_amd64.zip": "nomad-0a1b…"}}
"""

import http.server
import json
import os
import shutil
import subprocess
import sys

WORLD = "/srv/world.json"
CACHE = "/srv/cache"


def world():
    with open(WORLD, encoding="utf-8") as file:
        return json.load(file)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "emulated"
    sys_version = ""

    def do_GET(self):
        path = self.path.split("?")[0].rstrip("/")
        known = world()
        if path in known["mirror"]:
            return self.file(os.path.join(CACHE, known["mirror"][path]))
        # Who asks is told by the address it asks from, as on the real cloud.
        text = known["metadata"].get(self.client_address[0], {}).get(path)
        if text is None:
            return self.text(404, "not found\n")
        return self.text(200, text)

    do_HEAD = do_GET

    def text(self, status, text):
        content = text.encode("utf-8")
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def file(self, path):
        try:
            file = open(path, "rb")
        except OSError:
            return self.text(404, "the archive is no longer in the cache: run the command again\n")
        with file:
            self.send_response(200)
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Content-Length", str(os.fstat(file.fileno()).st_size))
            self.end_headers()
            if self.command != "HEAD":
                shutil.copyfileobj(file, self.wfile, 1 << 20)

    def log_message(self, *_args):
        """Every boot asks a dozen times: not worth a line."""


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        # A client that hangs up while it is answered is no error of this server.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


# Servers send to this address by way of the container's own one.
subprocess.run(["ip", "address", "replace", "169.254.169.254/32", "dev", "lo"], check=True)
subprocess.Popen(["docker-registry", "serve", "/srv/registry.yml"])
Server(("", 80), Handler).serve_forever()
