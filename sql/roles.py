"""Who may do what in a deployment's database: one owns everything, workers act as the owner, the API reads and writes.

Made by an administrator, who is not one of them: on RDS, members of `rds_iam` log in by IAM and in no other way, so the
administrator has to stay out of it, and the owner that it acts as logs in nowhere.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from domain.errors.machine import DatabaseUnreachable
from sql.login import IAM, connect, is_managed

OWNER = "segue_owner"
WORKER = "segue_worker"
API = "segue_api"
# What RDS calls those who log in by IAM. Other servers have no such role.
IAM_MEMBERS = "rds_iam"
SCHEMAS = ("public", "dramatiq")
MAKING_ROLES = 7_334_832

Connection = psycopg.Connection[tuple[object, ...]]


def administrator_address(url: str) -> str:
    """`url`, or where its `login=password` is refused but IAM's is not, the same with `login=iam`.

    Since PostgreSQL 16 whoever makes a role is a member of it, and so of what it is a member of. Raises
    DatabaseUnreachable.
    """
    addresses = [url]
    if is_managed(url):
        addresses.append(_with_query(url, login=IAM))
    first: Exception | None = None
    for address in addresses:
        try:
            connect(address, connect_timeout=10).close()
        except psycopg.OperationalError as error:
            first = first or error
        else:
            return address
    raise DatabaseUnreachable(reason=str(first).strip()) from first


def as_owner(url: str) -> str:
    """The address with which an administrator makes what is to be the owner's."""
    options = f"{dict(parse_qsl(urlsplit(url).query)).get('options', '')} -c role={OWNER}".strip()
    return _with_query(url, options=options)


def make_roles(url: str) -> None:
    """Make the roles that are missing, the extension that only an administrator may make, and let the owner own.

    May be repeated. Raises what psycopg raises.
    """
    with connect(url) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [MAKING_ROLES])
        for role, may_login in ((OWNER, False), (WORKER, True), (API, True)):
            if not _is_role(connection, role):
                kind = sql.SQL("LOGIN" if may_login else "NOLOGIN")
                connection.execute(sql.SQL("CREATE ROLE {} {}").format(sql.Identifier(role), kind))
            if may_login and _is_role(connection, IAM_MEMBERS):
                _run(connection, "GRANT {} TO {}", IAM_MEMBERS, role)
        _run(connection, "GRANT {} TO CURRENT_USER", OWNER)
        _run(connection, "GRANT {} TO {}", OWNER, WORKER)
        # What a worker makes is to be the owner's, whoever works.
        _run(connection, "ALTER ROLE {} SET role = {}", WORKER, OWNER)
        database = connection.info.dbname
        _run(connection, "GRANT CONNECT, CREATE, TEMPORARY ON DATABASE {} TO {}", database, OWNER)
        _run(connection, "GRANT CONNECT ON DATABASE {} TO {}, {}", database, WORKER, API)
        _run(connection, "GRANT USAGE, CREATE ON SCHEMA public TO {}", OWNER)
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")


def grant_api(url: str) -> None:
    """Let the API read and write every table there is and will be, and nothing else; `url` is an administrator's.

    After the migrations. May be repeated. Raises what psycopg raises.
    """
    with connect(as_owner(url)) as connection:
        for schema in SCHEMAS:
            _run(connection, "GRANT USAGE ON SCHEMA {} TO {}", schema, API)
            for privileges, kind in (("SELECT, INSERT, UPDATE, DELETE", "TABLES"), ("USAGE, SELECT", "SEQUENCES")):
                _run(connection, f"GRANT {privileges} ON ALL {kind} IN SCHEMA {{}} TO {{}}", schema, API)
                statement = (
                    f"ALTER DEFAULT PRIVILEGES FOR ROLE {{}} IN SCHEMA {{}} GRANT {privileges} ON {kind} TO {{}}"
                )
                _run(connection, statement, OWNER, schema, API)


def _is_role(connection: Connection, name: str) -> bool:
    return connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [name]).fetchone() is not None


def _run(connection: Connection, statement: str, *names: str) -> None:
    """A statement of this module, with names in it."""
    connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _with_query(url: str, **values: str) -> str:
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query)) | values  # libpq knows no "+" for a space
    return urlunsplit(parts._replace(query=urlencode(query, quote_via=quote)))
