"""Who may change the archive."""

from __future__ import annotations

from ipaddress import ip_address

from api.context import Context
from domain.errors.curators import CuratorOnly


def require_curator(context: Context) -> None:
    """Raises CuratorOnly unless who asks may change the archive."""
    if not is_curator(context):
        raise CuratorOnly


def is_curator(context: Context) -> bool:
    """Whether who asks may change the archive.

    Curators have no credentials yet, so it takes being on the server's machine: it listens there and nowhere else, and
    was addressed so. The second keeps out what a proxy passes on, and web pages whose name was made to point here.
    """
    return context.services.only_local and is_loopback(context.host)


def is_loopback(host: str | None) -> bool:
    """Whether a host's name or address means the machine itself."""
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False
