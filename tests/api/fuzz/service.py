"""A service to fuzz, as one role, however it is proved: an archive of its own, in which two people listened."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import httpx
import psycopg
from starlette.applications import Starlette

from api.app import create_app
from api.error_table import OF_THE_PROTOCOL
from api.errors import EXPECTED, INTERNAL, UNREACHABLE
from domain.api_key import new_key
from domain.errors.machine import Overloaded
from domain.errors.operations import StatementTimeout
from domain.ids import decode_uuid, encode
from domain.settings import Settings
from sql.api_key_rows import add_key
from sql.database import Database
from sql.engine import make_engine
from tests.api.issuer import AUDIENCE, Issuer, running_issuer
from tests.small_archive import JOB_IDS, SmallArchive, fill

# By what somebody says who they are: nothing; the token that `createUser` gave them; sitting at a server that is open;
# an API key; a token of an issuer. And what they are then.
WAYS = {
    "public": "public",
    "user": "user",
    "curator": "curator",
    "user by key": "user",
    "curator by key": "curator",
    "curator by issuer": "curator",
    "reader by issuer": "public",
}
TIMEOUT_SECONDS = 5.0
# Where in the pool of users.
ANNA = 1
# Whatever is Ben's; nobody but Ben and curators may see it.
BEN = "BEN-KEEPS-THIS"
# Nothing that a program or a database says of itself.
LEAK = re.compile(
    r"psycopg|Traceback|File \\\"|site-packages|/tmp/|/root/|/home/|\.py\b|SELECT .* FROM|INSERT INTO|UPDATE .* SET"
    r"|relation \\\"|column \\\"|syntax error at|sqlstate|0x[0-9a-f]{8}",
    re.IGNORECASE,
)
# What was sent is quoted in short. Lists of what there is take some hundred characters.
LONGEST_MESSAGE = 1_500
# The service is alone: nothing is away or has too much to do, and nothing may take too long.
ALLOWED = ({cls.code for cls in EXPECTED} | set(OF_THE_PROTOCOL)) - {
    INTERNAL,
    Overloaded.code,
    StatementTimeout.code,
    *(cls.code for cls in UNREACHABLE),
}


@dataclass
class Service:
    """`way` is one of WAYS, `role` what it makes of somebody. `pool` holds ids by kind, `sent` counts operations, and
    `codes` what came back."""

    way: str
    http: httpx.AsyncClient
    runner: asyncio.Runner
    url: str
    pool: dict[str, list[str]]
    others: list[str]
    headers: dict[str, str]
    sent: int = 0
    codes: dict[str, int] = field(default_factory=dict)

    @property
    def role(self) -> str:
        return WAYS[self.way]

    def ask(self, query: str, variables: dict[str, Any] | None = None) -> list[str]:  # Any: JSON
        """What is wrong with the answer."""
        self.sent += 1
        body = {"query": query, "variables": variables}
        answer = self.runner.run(self.http.post("/graphql", json=body, headers=self.headers))
        return self.wrong_in(answer)

    def wrong_in(self, answer: httpx.Response) -> list[str]:
        if answer.status_code >= 500:
            return [f"status {answer.status_code}: {answer.text[:300]}"]
        content = answer.json()
        wrong = []
        for error in content.get("errors", []):
            code = error.get("extensions", {}).get("code")
            self.codes[code] = self.codes.get(code, 0) + 1
            if len(error["message"]) > LONGEST_MESSAGE:
                wrong.append(f"{code} has a message of {len(error['message'])} characters")
            if code not in ALLOWED:
                wrong.append(f"an error with the code {code}: {error['message'][:200]}")
        if "errors" not in content:
            self.codes["ok"] = self.codes.get("ok", 0) + 1
        leak = LEAK.search(answer.text)
        if leak:
            wrong.append(f"it tells of its inside: {answer.text[max(0, leak.start() - 60) : leak.end() + 60]}")
        if self.role != "curator":
            data = json.dumps(content.get("data"))
            wrong += [f"somebody else's: {secret}" for secret in (BEN, *self.others) if secret in data]
        return wrong

    def may_delete(self) -> list[str]:
        """Users whom this role could forget."""
        if self.role == "curator":
            return self.pool["User"]
        return [] if self.role == "public" else [user for user in self.pool["User"] if user not in self.others]

    def rows_of_ben(self) -> list[tuple[Any, ...]]:  # Any: columns
        """What is stored of Ben."""
        with psycopg.connect(self.url) as connection:
            return connection.execute(
                "SELECT u.name, (SELECT count(*) FROM sessions s WHERE s.user_id = u.id AND s.ended_at IS NULL),"
                " (SELECT count(*) FROM interactions i WHERE i.user_id = u.id) FROM users u WHERE u.name = %s",
                [BEN],
            ).fetchall()


@contextmanager
def served(ways: Sequence[str], new_database: Callable[[], str], folder: Path) -> Iterator[list[Service]]:
    """The service as each of WAYS reaches it, on databases of their own that hold the same under the same ids."""
    filled = new_database()
    archive = fill(filled)
    with asyncio.Runner() as runner, ExitStack() as stack, running_issuer() as issuer:

        def reached(url: str, way: str) -> httpx.AsyncClient:
            app, address = _app(url, way, folder, issuer)
            http = httpx.AsyncClient(
                transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url=address, timeout=60
            )
            stack.callback(lambda: runner.run(app.state.services.close()))
            stack.callback(lambda: runner.run(http.aclose()))
            return http

        pool, others, token = runner.run(_listened(reached(filled, "public"), archive))
        stack.pop_all().close()
        services = []
        for number, way in enumerate(ways):
            url = _copy(filled, f"{urlsplit(filled).path[1:]}_{number}")
            brought = {
                "user": lambda: token,
                "user by key": lambda url=url: _key(url, decode_uuid("User", pool["User"][ANNA])),
                "curator by key": lambda url=url: _key(url, None),
                "curator by issuer": lambda: issuer.token(exp=int(time.time()) + 86_400),
                "reader by issuer": lambda: issuer.token(exp=int(time.time()) + 86_400, groups=["readers"]),
            }.get(way)
            headers = {"authorization": f"Bearer {brought()}"} if brought else {}
            services.append(Service(way, reached(url, way), runner, url, pool, others, headers))
        yield services


def _app(url: str, way: str, folder: Path, issuer: Issuer) -> tuple[Starlette, str]:
    """The application, and the address that it is reached under."""
    roots = folder / way / "music"
    roots.mkdir(parents=True, exist_ok=True)
    settings = Settings(
        data_dir=folder / way / "data",
        database_url=url,
        import_roots=(roots,),
        allowed_hosts=("archive.test",),
        oidc_issuer=issuer.url if way.endswith("by issuer") else None,
        oidc_audience=(AUDIENCE,),
    )
    app = create_app(settings, Database(url, size=4, statement_timeout_seconds=TIMEOUT_SECONDS))
    return app, "http://127.0.0.1:8000" if way == "curator" else "http://archive.test"


def _key(url: str, user: UUID | None) -> str:
    """An API key of a user, or of a curator."""
    made = new_key()
    engine = make_engine(url)
    with engine.begin() as connection:
        add_key(connection, made, "fuzz", user, None)
    engine.dispose()
    return made.text


def _copy(url: str, name: str) -> str:
    """Another database with the same in it."""
    parts = urlsplit(url)
    with psycopg.connect(urlunsplit(parts._replace(path="/postgres")), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {parts.path[1:]} STRATEGY file_copy")
    return urlunsplit(parts._replace(path=f"/{name}"))


async def _listened(http: httpx.AsyncClient, archive: SmallArchive) -> tuple[dict[str, list[str]], list[str], str]:
    """All ids there are by kind, those of Ben, and the token of Anna."""
    tracks = [encode("Track", key) for key in archive.tracks.values()]
    pool = {
        "Track": tracks,
        "Album": [encode("Album", key) for key in archive.albums.values()],
        "Composer": [encode("Composer", key) for key in archive.composers.values()],
        "Segment": [encode("Segment", key) for key in archive.segments.values()],
        "Space": [encode("Space", archive.space)],
        "Job": [encode("Job", str(key)) for key in JOB_IDS],
        "Work": [encode("Work", 1)],
        "Model": [encode("Model", 1)],
        "User": [encode("User", str(UUID(int=7)))],
        "Session": [encode("Session", str(UUID(int=7)))],
        "Impression": [encode("Impression", str(UUID(int=7)))],
        "Nothing": ["", "x", "\0", "VHJhY2s6", encode("Track", 2**63 - 1), encode("Track", 0), "🎻" * 30],
    }
    others: list[str] = []
    tokens = []
    for name in ("Anna", BEN):
        made = await _data(http, "mutation($n: String) { createUser(name: $n) { token user { id } } }", n=name)
        user, token = made["createUser"]["user"]["id"], made["createUser"]["token"]
        headers = {"authorization": f"Bearer {token}"}
        session = (await _data(http, "mutation { startSession { id } }", headers))["startSession"]["id"]
        events = [
            {"clientId": f"{name}-{n}", "trackId": track, "kind": "PLAY", "occurredAt": f"2026-07-0{n + 1}T12:00:00Z"}
            for n, track in enumerate(tracks[:3])
        ]
        await _data(
            http,
            "mutation($e: [InteractionInput!]!, $s: ID) { recordInteractions(interactions: $e, sessionId: $s)"
            " { recorded } }",
            headers,
            e=events,
            s=session,
        )
        query = "query($s: ID!) { recommendNext(sessionId: $s, first: 3) { id } }"
        shown = (await _data(http, query, headers, s=session))["recommendNext"]["id"]
        for kind, id_ in (("User", user), ("Session", session), ("Impression", shown)):
            pool[kind].append(id_)
            others += [id_] if name == BEN else []
        tokens.append(token)
    signed = await _data(http, "query($t: ID!) { recommendSimilar(trackId: $t) { id } }", t=tracks[0])
    pool["Impression"].append(signed["recommendSimilar"]["id"])
    return pool, others, tokens[0]


async def _data(
    http: httpx.AsyncClient,
    query: str,
    headers: dict[str, str] | None = None,
    **variables: Any,  # Any: JSON
) -> Any:  # Any: JSON
    content = (await http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)).json()
    assert "errors" not in content, content
    return content["data"]
