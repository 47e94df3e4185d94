"""A real service with authentication, a small archive, listeners, and whoever may ask it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
from starlette.applications import Starlette

from api.app import create_app
from domain.api_key import new_key
from domain.ids import encode
from domain.settings import Settings
from domain.signing import Signer
from domain.user_token import user_token
from tests.api.issuer import AUDIENCE, Issuer
from tests.api.serving import serving
from tests.small_archive import JOB_IDS, fill

# That of the small archive which has ended, so that a stream of it ends.
ENDED_JOB = JOB_IDS[1]


@dataclass
class Listener:
    """A user with a token, a session and what was heard and shown in it."""

    user: UUID
    session: UUID
    impression: UUID
    token: str

    @property
    def ids(self) -> dict[str, str]:
        return {"User": encode("User", str(self.user)), "Session": encode("Session", str(self.session))}


@dataclass
class Service:
    """`things` are ids of what everybody, or any curator, may ask for."""

    url: str
    app: Starlette
    database_url: str
    issuer: Issuer
    archive_track: int
    things: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.http = httpx.Client(base_url=self.url, timeout=30)

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:  # Any: columns
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            found = connection.execute(statement, values)
            return found.fetchall() if found.description else []

    def listener(self, name: str | None = None) -> Listener:
        """A new one, who has heard a track."""
        user, session, impression = uuid4(), uuid4(), uuid4()
        self.rows("INSERT INTO users (id, name, anonymous) VALUES (%s, %s, %s)", user, name, name is None)
        self.rows("INSERT INTO sessions (id, user_id) VALUES (%s, %s)", session, user)
        self.rows(
            "INSERT INTO impressions (id, user_id, session_id, track_ids) VALUES (%s, %s, %s, %s)",
            *(impression, user, session, [self.archive_track]),
        )
        self.rows(
            "INSERT INTO interactions (user_id, session_id, track_id, kind, occurred_at, client_id, impression_id,"
            " rank) VALUES (%s, %s, %s, 'PLAY', now(), 'first', %s, 1)",
            *(user, session, self.archive_track, impression),
        )
        [(key,)] = self.rows("SELECT key FROM signing_keys ORDER BY id DESC LIMIT 1")
        return Listener(user, session, impression, user_token(Signer([bytes(key)]), user, datetime.now(UTC)))

    def key(self, user: UUID | None = None, **columns: Any) -> str:  # Any: columns
        """A new API key: a curator's, or that of a user."""
        key = new_key()
        values = {
            "prefix": key.prefix,
            "digest": key.digest,
            "label": "a test",
            "role": "CURATOR" if user is None else "USER",
            "user_id": user,
        } | columns
        places = ", ".join(["%s"] * len(values))
        self.rows(f"INSERT INTO api_keys ({', '.join(values)}) VALUES ({places})", *values.values())
        return key.text

    def ask(self, operation: dict[str, Any], token: str | None = None) -> dict[str, Any]:  # Any: JSON
        """The answer to an operation; of a stream, the first."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        if operation["query"].startswith("subscription"):
            headers["Accept"] = "text/event-stream"
        response = self.http.post("/graphql", json=operation, headers=headers)
        if response.headers["content-type"].startswith("text/event-stream"):
            [first, *_] = [line for line in response.text.splitlines() if line.startswith("data: {")]
            return dict(httpx.Response(200, content=first.removeprefix("data: ")).json())
        answer: dict[str, Any] = response.json()
        return answer


@contextmanager
def running_service(database_url: str, issuer: Issuer, folder: Path) -> Iterator[Service]:
    settings = Settings(
        database_url=database_url,
        data_dir=folder,
        oidc_issuer=issuer.url,
        oidc_audience=(AUDIENCE,),
        database_pool_size=4,
    )
    audio = folder / "prelude.m4a"
    audio.write_bytes(b"no sound")
    archive = fill(database_url, audio)
    app = create_app(settings)
    with serving(app) as url:
        track = archive.tracks["Prelude"]
        service = Service(url, app, database_url, issuer, track)
        [(model,)] = service.rows(
            "INSERT INTO models (name, strategy, status, config, snapshot, metrics, gate, simulated, seed)"
            " VALUES ('a-model', 'SHALLOW', 'FAILED', '{}', '{}', '{}', '{}', false, 0) RETURNING id"
        )
        [(work,)] = service.rows(
            "INSERT INTO works (composer_id, title, key) SELECT min(id), 'A work', 'a work' FROM composers RETURNING id"
        )
        service.things = {
            "Track": encode("Track", track),
            "Album": encode("Album", archive.albums["Ära"]),
            "Composer": encode("Composer", archive.composers["Clara Schumann"]),
            "Segment": encode("Segment", archive.segments["Prelude", 0.0]),
            "Space": encode("Space", archive.space),
            "Work": encode("Work", work),
            "Model": encode("Model", model),
            "Job": encode("Job", str(ENDED_JOB)),
        }
        try:
            yield service
        finally:
            service.http.close()
