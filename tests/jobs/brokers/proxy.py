"""A proxy that can go away: what lies behind it then refuses connections, and drops those it had."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

Address = tuple[str, int] | str  # host and port, or the path of a Unix socket


class Proxy:
    """Passes bytes between whoever connects to `address` and `target`."""

    def __init__(self, address: Address, target: Address) -> None:
        self._target = target
        self._connections: list[socket.socket] = []
        self._listener = self._listen(address)
        self.address: Address = self._listener.getsockname()

    @contextmanager
    def away(self) -> Iterator[None]:
        self.close()
        yield
        self._listener = self._listen(self.address)

    def close(self) -> None:
        # Closing alone would not wake the thread that waits for connections.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        if isinstance(self.address, str):
            Path(self.address).unlink()
        connections, self._connections = self._connections, []
        for connection in connections:
            _hang_up(connection)

    def _listen(self, address: Address) -> socket.socket:
        listener = socket.socket(_family(address))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(64)
        threading.Thread(target=self._serve, args=(listener,), daemon=True).start()
        return listener

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = socket.socket(_family(self._target))
            try:
                far.connect(self._target)
            except OSError:
                near.close()
                continue
            self._connections += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=_pass_on, args=(source, sink), daemon=True).start()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
    _hang_up(source)
    _hang_up(sink)


def _hang_up(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


def _family(address: Address) -> socket.AddressFamily:
    return socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
