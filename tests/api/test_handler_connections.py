"""Connections outlive an invocation; what the network or the server did to them meanwhile costs no request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from domain.ids import encode
from tests.api.events import Event, body_of, post
from tests.api.lambda_process import result_of
from tests.small_archive import SmallArchive

QUERY = "query($id: ID!) { track(id: $id) { title similar(first: 1) { items { track { title } } } } }"
# Something happens between two invocations. What was answered, and the server processes of the connections then.
PROGRAM = """
import os
import psycopg
from api import handler as module
from api.handler import handler

def connections():
    with psycopg.connect(os.environ["DIRECT"], autocommit=True) as one:
        return [row[0] for row in one.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )]

def kill():
    with psycopg.connect(os.environ["DIRECT"], autocommit=True) as one:
        one.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )

answers, seen = [], []
for event in given["events"]:
    answers.append(handler(event, None))
    seen.append(sorted(connections()))
    BETWEEN
result = {"answers": answers, "seen": seen}
"""


@pytest.fixture
def question(archive: SmallArchive) -> Event:
    return post("http_api", QUERY, {"id": encode("Track", archive.tracks["Prelude"])})


def run(between: str, events: list[Event], folder: Path, url: str) -> dict[str, list[Any]]:  # Any: JSON
    program = PROGRAM.replace("BETWEEN", between)
    # One connection: no other is being opened beside it.
    known = {"SEGUE_DATABASE_URL": url, "SEGUE_DATABASE_POOL_SIZE": "1", "DIRECT": url}
    found, _ = result_of(program, {"events": events}, folder, **known)
    return dict(found)


def test_connections_serve_later_invocations(archive_url: str, question: Event, tmp_path: Path) -> None:
    found = run("pass", [question] * 3, tmp_path, archive_url)
    assert found["seen"][0] != []
    assert found["seen"] == [found["seen"][0]] * 3


def test_connections_that_the_server_ended_are_replaced(archive_url: str, question: Event, tmp_path: Path) -> None:
    found = run("kill()", [question] * 3, tmp_path, archive_url)
    assert [answer["statusCode"] for answer in found["answers"]] == [200] * 3
    assert [b"Fugue" in body_of(answer) for answer in found["answers"]] == [True] * 3
    first, second, third = map(set, found["seen"])
    assert first.isdisjoint(second)
    assert second.isdisjoint(third)


def test_after_a_rest_no_connection_is_tried_that_may_be_forgotten(
    archive_url: str, question: Event, tmp_path: Path
) -> None:
    """A network forgets in silence: whoever tries the connection waits for an answer. So it is not tried."""
    rest = "module._function()._answered_at -= module.RESTED_SECONDS + 1"
    found = run(rest, [question] * 2, tmp_path, archive_url)
    assert [b"Fugue" in body_of(answer) for answer in found["answers"]] == [True] * 2
    before, after = map(set, found["seen"])
    assert before.isdisjoint(after)
