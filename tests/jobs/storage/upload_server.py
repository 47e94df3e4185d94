"""A small HTTP server that receives uploads for a folder, as the API does."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from domain.errors.storage import InvalidUploadTicket, UploadRefused
from domain.signing import Signer
from jobs.storage.folder import FolderStorage
from jobs.storage.tickets import PATH, check_headers, read_ticket

CHUNK_BYTES = 3


class _Upload(BaseHTTPRequestHandler):
    storage: FolderStorage
    signer: Signer

    def do_PUT(self) -> None:
        length = int(self.headers["Content-Length"])
        try:
            grant = read_ticket(self.signer, self.path.removeprefix(PATH), time.time())
            check_headers(grant, content_type=self.headers.get("Content-Type", ""), content_length=length)
            with self.storage.receive(grant) as unfinished:
                while length > 0 and (chunk := self.rfile.read(min(length, CHUNK_BYTES))):
                    unfinished.write(chunk)
                    length -= len(chunk)
                unfinished.finish()
        except InvalidUploadTicket:
            self._answer(403)
        except UploadRefused:
            self._answer(400)
        else:
            self._answer(204)

    def _answer(self, status: int) -> None:
        if status != 204:
            # Closing with unread bytes resets the connection before the client has read the answer.
            self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response_only(status)
        self.end_headers()


@contextmanager
def upload_server(storage: FolderStorage, signer: Signer) -> Iterator[str]:
    """Its address."""
    handler = type("Upload", (_Upload,), {"storage": storage, "signer": signer})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
