"""Somebody who asks the service, with a token or without, and what they ask."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import psycopg
from starlette.applications import Starlette

from tests.api.conftest import CountingDatabase

VISITORS, CURATORS = "http://archive.test", "http://127.0.0.1:8000"
CREATE = """
mutation($name: String, $anonymous: Boolean) {
  createUser(name: $name, anonymous: $anonymous) { token expiresAt user { id name anonymous simulated } }
}
"""
RENEW = "mutation($id: ID) { renewToken(userId: $id) { token user { id } } }"
DELETE = "mutation($id: ID!) { deleteUser(id: $id) }"
START = "mutation($user: ID) { startSession(userId: $user) { id startedAt endedAt user { id } } }"
END = "mutation($id: ID!) { endSession(id: $id) { id endedAt } }"
RECORD = """
mutation($entries: [InteractionInput!]!, $session: ID, $user: ID) {
  recordInteractions(interactions: $entries, sessionId: $session, userId: $user) { recorded repeated }
}
"""
USER = "query($id: ID!) { user(id: $id) { id name history { totalCount nodes { clientId } } } }"
SESSION = """
query($id: ID!) { session(id: $id) { id user { id } interactions { totalCount
  nodes { clientId kind playedSeconds occurredAt plays listId rank track { title } session { id } }
} } }
"""
MADE_UP = "made.up"
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


class Visitor:
    """Asks with a token; at the server's own address and without token it is a curator."""

    def __init__(self, app: Starlette, address: str = VISITORS, token: str | None = None) -> None:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=address, headers=headers)
        self.id = ""

    async def answer(self, query: str, **variables: Any) -> dict[str, Any]:  # Any: JSON
        response = await self.http.post("/graphql", json={"query": query, "variables": variables})
        assert response.status_code == 200, response.text
        content: dict[str, Any] = response.json()
        return content

    async def data(self, query: str, **variables: Any) -> Any:
        """The one field of an operation that must succeed."""
        content = await self.answer(query, **variables)
        assert "errors" not in content, content["errors"]
        [field] = content["data"].values()
        return field

    async def error(self, query: str, **variables: Any) -> dict[str, Any]:
        [error] = (await self.answer(query, **variables))["errors"]
        assert isinstance(error, dict)
        return error

    async def code(self, query: str, **variables: Any) -> str:
        return str((await self.error(query, **variables))["extensions"]["code"])


async def new_visitor(app: Starlette, **variables: Any) -> Visitor:
    made = await Visitor(app).data(CREATE, **variables)
    visitor = Visitor(app, token=made["token"])
    visitor.id = made["user"]["id"]
    return visitor


def entry(track: str, client_id: str = "a", **more: Any) -> dict[str, Any]:
    return {"clientId": client_id, "trackId": track, "kind": "PLAY", "occurredAt": NOON.isoformat(), **more}


def rows(database: CountingDatabase, statement: str) -> list[tuple[Any, ...]]:  # Any: columns
    with psycopg.connect(database.url) as connection:
        return connection.execute(statement).fetchall()
