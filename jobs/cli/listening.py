"""The address that the server will listen on, tried before anything long begins."""

from __future__ import annotations

import errno
import http.client
import socket
from urllib.parse import urlsplit

from domain.errors.machine import AddressUnusable, PortTaken

PORTS_TRIED = 50


def require_port(host: str, port: int) -> None:
    """Raises PortTaken, naming a free port, or AddressUnusable."""
    try:
        _bind(host, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(host=host, port=port, other=free_port(host, port + 1)) from error
        raise AddressUnusable(host=host, port=port, reason=error.strerror or str(error)) from error


def free_port(host: str, start: int) -> int:
    """The first free port from `start` on, else any that is free."""
    for port in range(start, min(start + PORTS_TRIED, 65_536)):
        try:
            return _bind(host, port)
        except OSError:
            continue
    return _bind(host, 0)


def base_url(host: str, port: int) -> str:
    """Where a browser on this machine finds the server."""
    if host in ("0.0.0.0", "::", ""):  # noqa: S104 -- compared, not listened on
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def answers(host: str, port: int) -> bool:
    """Whether the server there is up."""
    address = urlsplit(base_url(host, port)).hostname or host
    connection = http.client.HTTPConnection(address, port, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _bind(host: str, port: int) -> int:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as listener:
        # As the server itself will do it: connections that are about to end do not count.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        return int(listener.getsockname()[1])
