"""The one way to connect: every connection of ours is made with what these give.

SEGUE_DATABASE_URL may say `login=iam` for a server of RDS: then each connection gets a password signed for it, and TLS
with a server whose certificate is checked. With `login=password` it gets the same, but the password is libpq's matter
(PGPASSWORD). All other addresses are libpq's own.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import psycopg
from psycopg.conninfo import make_conninfo

from domain.errors.deployment import DatabaseLoginFailed
from sql.iam_credentials import Role
from sql.iam_token import Login, sign

IAM, PASSWORD = "iam", "password"
CERTIFICATES = Path(__file__).parent / "certificates" / "rds.pem"
RDS_DOMAIN = ".rds.amazonaws.com"
PROXY = ".proxy-"
PORT = 5432
# A connection is given up when the server's machine acknowledges nothing for so long.
UNHEARD_MILLISECONDS = "10000"


def is_managed(url: str) -> bool:
    """Whether the address says how to log in to a server of RDS."""
    return _way(url) is not None


def plain(url: str) -> str:
    """The address without what only we understand."""
    if not is_managed(url):
        return url
    parts = urlsplit(url)
    query = [pair for pair in parse_qsl(parts.query) if pair[0] != "login"]
    return urlunsplit(parts._replace(query=urlencode(query, quote_via=quote)))


def parameters(url: str) -> dict[str, str]:
    """What libpq must be told beside the plain address, for one connection that is made now.

    Raises DatabaseLoginFailed where there is nobody to sign, or the address is none of RDS.
    """
    if not is_managed(url):
        return {}
    checked = {"sslmode": "verify-full", "sslrootcert": str(CERTIFICATES), "tcp_user_timeout": UNHEARD_MILLISECONDS}
    told = checked | dict(parse_qsl(urlsplit(plain(url)).query))
    if _way(url) == IAM:
        now = datetime.now(UTC)
        told["password"] = sign(_login(url), _role().credentials(now), now)
    return told


def conninfo(url: str) -> str:
    """What libpq takes for one connection that is made now. Raises DatabaseLoginFailed."""
    return make_conninfo(plain(url), **parameters(url)) if is_managed(url) else url


def connect(url: str, **options: Any) -> psycopg.Connection:  # Any: those of psycopg.connect
    """A connection of one's own. Raises what psycopg raises, and DatabaseLoginFailed."""
    return psycopg.connect(conninfo(url), **options)


def takes_options(url: str) -> bool:
    """Whether settings may come with the connection; RDS Proxy refuses them."""
    return PROXY not in (urlsplit(url).hostname or "")


def _way(url: str) -> str | None:
    ways = [value for name, value in parse_qsl(urlsplit(url).query, keep_blank_values=True) if name == "login"]
    if not ways:
        return None
    if ways not in ([IAM], [PASSWORD]):
        raise DatabaseLoginFailed(reason=f"login is {IAM} or {PASSWORD}, not '{ways[-1]}'")
    return ways[0]


def _login(url: str) -> Login:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if not (host.endswith(RDS_DOMAIN) and parts.username):
        raise DatabaseLoginFailed(reason=f"login=iam wants a user and the name of an RDS server, not '{host}'")
    return Login(host, parts.port or PORT, parts.username, host.removesuffix(RDS_DOMAIN).rpartition(".")[2])


@cache
def _role() -> Role:
    return Role()
