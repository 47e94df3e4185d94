"""`segue keys`, as a person uses it; and that the server listens elsewhere only for those who have one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg

from domain.api_key import digest_of
from tests.jobs.cli.command import segue


def rows(url: str, statement: str) -> list[tuple[Any, ...]]:  # Any: columns
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(statement)
        return found.fetchall() if found.description else []


def test_a_key_is_made_listed_and_revoked(database_url: str, tmp_path: Path) -> None:
    where = {"database_url": database_url, "data_dir": tmp_path}
    assert segue("keys", "list", **where).out == ["There is no API key. Make one with: segue keys create NAME"]
    # Without one, the server listens on this machine alone.
    refused = segue("serve", "--host", "0.0.0.0", "--port", "18473", **where)  # noqa: S104 -- to be refused
    assert (refused.code, refused.out) == (1, [])
    [line] = refused.err
    assert line.startswith("segue: Without authentication, Segue answers on its own machine's address only, not on '0.")
    assert "segue keys create NAME" in line

    made = segue("keys", "create", " night import ", "--days", "90", **where)
    assert made.code == 0
    text = made.out[0]
    prefix = "_".join(text.split("_")[:2])
    assert made.out[1].startswith("This is a curator's key, 'night import', until ")
    assert made.out[3] == (
        "From now on curators need a key, at http://127.0.0.1:8000, too. The other keys and users are not concerned."
    )
    [(digest, label, role, days)] = rows(
        database_url, "SELECT digest, label, role, round(extract(epoch FROM expires_at - now()) / 86400) FROM api_keys"
    )
    assert (bytes(digest), label, role, int(days)) == (digest_of(text), "night import", "CURATOR", 90)

    header, line = segue("keys", "list", **where).out
    assert header.split("  ")[0] == "begins with"
    assert line.startswith(prefix)
    assert "night import" in line
    assert line.endswith("valid")
    assert text not in line

    revoked = segue("keys", "revoke", prefix, **where)
    assert revoked.out == [
        f"'night import' ({prefix}) is revoked",
        "That was the last key of curators: on its own machine's address, Segue now takes changes without one",
    ]
    assert segue("keys", "list", **where).out[1].endswith("revoked")
    unknown = segue("keys", "revoke", "segue_0", **where)
    assert unknown.err == ["segue: There is no API key 'segue_0'. List those there are with: segue keys list"]


def test_a_users_key_and_what_no_key_can_be(database_url: str, tmp_path: Path) -> None:
    where = {"database_url": database_url, "data_dir": tmp_path}
    [(user,)] = rows(database_url, "INSERT INTO users (anonymous) VALUES (true) RETURNING id")
    made = segue("keys", "create", "a player", "--user", str(user), **where)
    assert made.out[1] == "This is a key of one user, 'a player', without an end. Keep it: it is shown this once."
    assert len(made.out) == 3
    assert rows(database_url, "SELECT role, user_id FROM api_keys") == [("USER", user)]
    for arguments, complaint in (
        (["a player", "--user", "nobody"], "There is no user nobody"),
        ([" "], "An API key cannot have this name: it takes 1 to 200 printable characters."),
        (["two\nlines"], "An API key cannot have this name"),
    ):
        ran = segue("keys", "create", *arguments, **where)
        assert (ran.code, ran.out) == (1, [])
        assert complaint in ran.err[0]
