"""A hub of models on loopback: the endpoint that files are resolved at, and the store behind it.

As on the real one, `/{repository}/resolve/{revision}/{path}` names the commit and the file's SHA-256 and redirects a
large file to another host, which sends it, or a range of it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """`files` by repository and path. The next `cuts` answers end after half of what they promised; `lies` by SHA-256
    are sent instead of the file; `asked` are the requests, in order."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    cuts: int = 0
    lies: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    branch: str = "main"


@contextmanager
def serve_hub() -> Iterator[Hub]:
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer()

        def do_GET(self) -> None:
            self._answer()

        def log_message(self, *_: object) -> None:
            pass

        def _answer(self) -> None:
            hub.asked.append(f"{self.command} {self.path} {self.headers.get('Range', '')}".strip())
            resolved = re.fullmatch(r"/(.+?)/resolve/([^/]+)/(.+)", self.path)
            if resolved:
                self._resolve(*resolved.groups())
            else:
                content = next(c for c in hub.files.values() if self.path == f"/store/{_digest(c)}")
                self._send(hub.lies.get(_digest(content), content))

        def _resolve(self, repository: str, revision: str, path: str) -> None:
            content = hub.files.get(f"{repository}/{path}")
            if content is None or revision not in (COMMIT, hub.branch):
                self.send_response(404)
                self.send_header("X-Error-Code", "EntryNotFound" if content is None else "RevisionNotFound")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(302)
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("X-Linked-Etag", f'"{_digest(content)}"')
            self.send_header("X-Linked-Size", str(len(content)))
            self.send_header("Location", f"http://localhost:{self.server.server_address[1]}/store/{_digest(content)}")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _send(self, content: bytes) -> None:
            asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
            start = int(asked[1]) if asked else 0
            self.send_response(206 if asked else 200)
            if asked:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            if self.command == "HEAD":
                return
            left = content[start:]
            if hub.cuts:
                hub.cuts -= 1
                self.wfile.write(left[: len(left) // 2])
                self.wfile.flush()
                self.close_connection = True
                return
            self.wfile.write(left)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
