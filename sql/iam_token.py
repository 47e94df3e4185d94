"""Passwords for databases of Amazon RDS that are entered by IAM login: addresses that the caller signs for itself.

Nobody is asked for one, so a process without a way to the internet can log in, and boto3 (0.2 s to import) is not
needed: AWS Signature Version 4 of a request that is never sent, which RDS takes for a password.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from typing import NamedTuple
from urllib.parse import quote, urlencode

ALGORITHM = "AWS4-HMAC-SHA256"
SERVICE = "rds-db"
# RDS takes no longer-lived ones. It is about the login only: a connection outlives it.
VALID_SECONDS = 900
EMPTY_BODY = hashlib.sha256(b"").hexdigest()


class Credentials(NamedTuple):
    """Who signs. `session` is None for the keys of a user; a role's come with one."""

    access_key: str
    secret_key: str
    session: str | None


class Login(NamedTuple):
    """Where, and as whom: the server's own name (not an alias), its port, the database's user."""

    host: str
    port: int
    user: str
    region: str


def sign(login: Login, credentials: Credentials, now: datetime) -> str:
    """The password with which `login.user` may enter from `now` (UTC) on for 15 minutes."""
    stamp = f"{now:%Y%m%dT%H%M%SZ}"
    scope = f"{now:%Y%m%d}/{login.region}/{SERVICE}/aws4_request"
    fields = {
        "Action": "connect",
        "DBUser": login.user,
        "X-Amz-Algorithm": ALGORITHM,
        "X-Amz-Credential": f"{credentials.access_key}/{scope}",
        "X-Amz-Date": stamp,
        "X-Amz-Expires": str(VALID_SECONDS),
        "X-Amz-SignedHeaders": "host",
    }
    if credentials.session:
        fields["X-Amz-Security-Token"] = credentials.session
    query = urlencode(sorted(fields.items()), quote_via=quote, safe="")
    place = f"{login.host}:{login.port}"
    request = "\n".join(["GET", "/", query, f"host:{place}", "", "host", EMPTY_BODY])
    to_sign = "\n".join([ALGORITHM, stamp, scope, hashlib.sha256(request.encode()).hexdigest()])
    key = f"AWS4{credentials.secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return f"{place}/?{query}&X-Amz-Signature={hmac.digest(key, to_sign.encode(), 'sha256').hex()}"
