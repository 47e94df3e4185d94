"""The one way to connect: every connection of ours is made with what these give.

SEGUE_DATABASE_URL may say `login=iam` (RDS): then each connection gets a password signed for it, and TLS with a server
whose certificate is checked. All other addresses are libpq's own.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import psycopg
from psycopg.conninfo import make_conninfo

from domain.errors.deployment import DatabaseLoginFailed
from sql.iam_credentials import Role
from sql.iam_token import Login, sign

LOGIN = "login"
CERTIFICATES = Path(__file__).parent / "certificates" / "rds.pem"
RDS_DOMAIN = ".rds.amazonaws.com"
PROXY = ".proxy-"
PORT = 5432


def is_signed(url: str) -> bool:
    """Whether who connects there has to sign a password of its own."""
    return (LOGIN, "iam") in parse_qsl(urlsplit(url).query)


def plain(url: str) -> str:
    """The address without what only we understand."""
    parts = urlsplit(url)
    query = parse_qsl(parts.query)
    if all(name != LOGIN for name, _ in query):
        return url
    return urlunsplit(parts._replace(query=urlencode([pair for pair in query if pair[0] != LOGIN])))


def parameters(url: str) -> dict[str, str]:
    """What libpq must be told beside the plain address, for one connection that is made now.

    Raises DatabaseLoginFailed where there is nobody to sign, or the address is none of RDS.
    """
    if not is_signed(url):
        return {}
    password = sign(_login(url), _role().credentials(now := datetime.now(UTC)), now)
    query = dict(parse_qsl(urlsplit(url).query))
    return {
        "password": password,
        "sslmode": query.get("sslmode", "verify-full"),
        "sslrootcert": query.get("sslrootcert", str(CERTIFICATES)),
    }


def conninfo(url: str) -> str:
    """What libpq takes for one connection that is made now. Raises DatabaseLoginFailed."""
    return make_conninfo(plain(url), **parameters(url)) if is_signed(url) else plain(url)


def connect(url: str, **options: Any) -> psycopg.Connection:  # Any: those of psycopg.connect
    """A connection of one's own. Raises what psycopg raises, and DatabaseLoginFailed."""
    return psycopg.connect(conninfo(url), **options)


def takes_options(url: str) -> bool:
    """Whether settings may come with the connection; RDS Proxy refuses them."""
    return PROXY not in (urlsplit(url).hostname or "")


def _login(url: str) -> Login:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if not (host.endswith(RDS_DOMAIN) and parts.username):
        raise DatabaseLoginFailed(reason=f"login=iam wants a user and the name of an RDS server, not '{host}'")
    return Login(host, parts.port or PORT, parts.username, host.removesuffix(RDS_DOMAIN).rpartition(".")[2])


@cache
def _role() -> Role:
    return Role()
