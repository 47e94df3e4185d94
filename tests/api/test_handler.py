"""The Lambda handler: answers events, keeps its pool, and imports only what it needs."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from typing import Any

from domain.ids import encode
from tests.small_archive import SmallArchive

HEAVY = [
    "torch",
    "transformers",
    "librosa",
    "sqlalchemy",
    "sqlmodel",
    "alembic",
    "av",
    "onnx",
    "soxr",
    "uvicorn",
    "boto3",
]


def event(query: str, variables: dict[str, Any]) -> dict[str, Any]:
    """An HTTP API event, version 2.0, with its body encoded as the gateway may send it."""
    body = json.dumps({"query": query, "variables": variables}).encode()
    return {
        "version": "2.0",
        "routeKey": "POST /graphql",
        "rawPath": "/graphql",
        "rawQueryString": "",
        "headers": {"content-type": "application/json", "host": "archive.example", "x-forwarded-proto": "https"},
        "requestContext": {
            "http": {"method": "POST", "path": "/graphql", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"},
            "stage": "$default",
        },
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


def in_fresh_interpreter(program: str, *arguments: str, **environment: str) -> Any:
    """What a program prints as JSON on its last line, run the way Lambda runs the handler; before it come lines for
    CloudWatch."""
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    assert "was destroyed" not in finished.stderr, finished.stderr
    return json.loads(finished.stdout.splitlines()[-1])


def test_the_handler_imports_nothing_heavy() -> None:
    program = "import sys, json, api.handler; print(json.dumps(sorted(sys.modules)))"
    loaded = {name.partition(".")[0] for name in in_fresh_interpreter(program)}
    assert loaded & set(HEAVY) == set()
    assert "psycopg" in loaded


def test_what_most_answers_need_not_is_loaded_when_it_is_asked_for() -> None:
    program = """
import gc, json, sys, api.handler
loaded = [name for name in ("dramatiq", "domain.works", "domain.dates") if name in sys.modules]
print(json.dumps([loaded, gc.isenabled(), gc.get_freeze_count() > 0]))
"""
    assert in_fresh_interpreter(program) == [[], True, True]


ANSWER_THRICE = """
import json, sys
from api.handler import handler
import psycopg
opened = []
connect = psycopg.AsyncConnection.connect.__func__
async def counted(cls, *arguments, **options):
    opened.append(1)
    return await connect(cls, *arguments, **options)
psycopg.AsyncConnection.connect = classmethod(counted)
event = json.loads(sys.argv[1])
print(json.dumps([[handler(event, None), len(opened)] for _ in range(3)]))
"""


def test_the_handler_answers_events_and_keeps_its_connections(archive_url: str, archive: SmallArchive) -> None:
    query = "query($id: ID!) { track(id: $id) { title audioUrl similar(first: 1) { items { track { title } } } } }"
    asked = event(query, {"id": encode("Track", archive.tracks["Prelude"])})
    answers = in_fresh_interpreter(ANSWER_THRICE, json.dumps(asked), SEGUE_DATABASE_URL=archive_url)
    # The pool opens with the first event, with connections for statements that run at once, and serves the others.
    assert [opened for _, opened in answers] == [answers[0][1]] * 3
    assert answers[0][1] in (1, 2, 3)
    for answer, _ in answers:
        assert answer["statusCode"] == 200
        assert json.loads(answer["body"]) == {
            "data": {
                "track": {
                    "title": "Prelude",
                    # Recordings are not on Lambda's machine.
                    "audioUrl": None,
                    "similar": {"items": [{"track": {"title": "Fugue"}}]},
                }
            },
            # The track, its title and address, a search for one, and `items { track { title } }`.
            "extensions": {"cost": 1 + 1 + 5 + (100 + 2 * 1) + 3, "costLimit": 20_000},
        }
