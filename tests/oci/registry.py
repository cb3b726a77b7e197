"""registry.py LAYOUT PORT: a registry at 127.0.0.1, by plain HTTP, with one image,
that of the directory LAYOUT, by any name."""
import http.server
import json
import os
import sys

LAYOUT, PORT = sys.argv[1], int(sys.argv[2])


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        parts = self.path.rstrip("/").split("/")
        body, kind = None, "application/json"
        if self.path == "/v2/":
            body = b"{}"
        elif parts[-2] in ("manifests", "blobs"):
            with open(os.path.join(LAYOUT, "index.json")) as f:
                top = json.load(f)["manifests"][0]
            digest = parts[-1] if ":" in parts[-1] else top["digest"]
            path = os.path.join(LAYOUT, "blobs", *digest.split(":"))
            if os.path.exists(path):
                with open(path, "rb") as f:
                    body = f.read()
                kind = top["mediaType"] if parts[-2] == "manifests" else "application/octet-stream"
        self.send_response(200 if body is not None else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body or b"")

    do_HEAD = do_GET

    def log_message(self, *args):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
