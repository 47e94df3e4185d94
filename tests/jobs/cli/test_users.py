"""`segue users`: what is stored of somebody, handed out and deleted."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg

from tests.jobs.cli.command import segue


def test_a_user_is_handed_out_and_deleted(database_url: str, tmp_path: Path) -> None:
    where = {"database_url": database_url, "data_dir": tmp_path}
    with psycopg.connect(database_url, autocommit=True) as connection:
        [(ana,)] = connection.execute(
            "INSERT INTO users (name, external_id, anonymous) VALUES ('Ana Ébène', 'a1', false) RETURNING id"
        ).fetchall()
        connection.execute("INSERT INTO users (name, anonymous) VALUES ('Ben', false)")
        connection.execute("INSERT INTO sessions (user_id) VALUES (%s)", [ana])
    file = tmp_path / "ana.json"
    assert segue("users", "export", "a1", "--to", file, **where).out == [f"2 rows written to {file}"]
    content = json.loads(file.read_text(encoding="utf-8"))
    assert {table: len(found) for table, found in content.items()} == {
        "users": 1,
        "sessions": 1,
        "interactions": 0,
        "impressions": 0,
        "api_keys": 0,
    }
    assert (content["users"][0]["id"], content["users"][0]["name"]) == (str(ana), "Ana Ébène")
    assert json.loads("\n".join(segue("users", "export", str(ana), **where).out)) == content
    unsure = segue("users", "delete", str(ana), **where)
    assert unsure.code == 1
    assert unsure.err[0].endswith("Say that you mean it: --yes")
    assert segue("users", "delete", str(ana), "--yes", **where).out == [
        f"{ana} is deleted. Backups and exports that were made before still hold what they held"
    ]
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT name FROM users").fetchall() == [("Ben",)]
        assert connection.execute("SELECT count(*) FROM sessions").fetchall() == [(0,)]
    gone = segue("users", "export", str(ana), **where)
    assert (gone.code, gone.err) == (1, [f"segue: There is no user {ana}, or it is not yours."])
