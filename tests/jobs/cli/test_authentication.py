"""What a server says of who may, before it listens; and where it refuses to."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from domain.errors.access import AuthenticationMissing
from domain.settings import Settings
from jobs.cli.authentication import say_who_may

ELSEWHERE = ["0.0.0.0", "::", "192.0.2.7", "archive.example", ""]  # noqa: S104 -- to be refused
OPEN = "Open: without authentication, everybody on this machine may change the archive"


def said(capsys: pytest.CaptureFixture[str], url: str, **settings: Any) -> str:  # Any: as settings take them
    say_who_may(Settings(**settings), url)
    return capsys.readouterr().out.strip()


def test_without_anything_it_is_open_here_and_nowhere_else(
    database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for host in ("127.0.0.1", "localhost", "::1"):
        assert said(capsys, database_url, host=host) == OPEN
    for host in ELSEWHERE:
        with pytest.raises(AuthenticationMissing, match="segue keys create NAME"):
            say_who_may(Settings(host=host), database_url)


def test_a_key_of_a_curator_lets_it_listen_elsewhere_until_it_is_revoked(
    database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        [(user,)] = connection.execute("INSERT INTO users (anonymous) VALUES (true) RETURNING id").fetchall()
        insert = "INSERT INTO api_keys (prefix, digest, label, role, user_id) VALUES (%s, %s, 'x', %s, %s)"
        connection.execute(insert, ["a", b"a", "USER", user])
        assert said(capsys, database_url, host="127.0.0.1") == OPEN
        connection.execute(insert, ["b", b"b", "CURATOR", None])
        for host in ("127.0.0.1", *ELSEWHERE):
            assert said(capsys, database_url, host=host) == "Curators: with an API key"
        connection.execute("UPDATE api_keys SET revoked_at = now()")
        with pytest.raises(AuthenticationMissing):
            say_who_may(Settings(host="192.0.2.7"), database_url)


def test_so_does_an_issuer(capsys: pytest.CaptureFixture[str]) -> None:
    settings = {"oidc_issuer": "https://issuer.example", "oidc_audience": ("segue",), "host": "192.0.2.7"}
    expected = "Curators: with a token of https://issuer.example, or an API key"
    # Without asking the database, which has nothing to say.
    assert said(capsys, "postgresql://postgres@127.0.0.1:1/none", **settings) == expected
