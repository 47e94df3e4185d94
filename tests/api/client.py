"""Asks the application as a client would."""

from __future__ import annotations

from typing import Any

import httpx


class Client:
    """Sends operations over HTTP. `statements` tells how many SQL statements the last one took."""

    def __init__(self, http: httpx.AsyncClient, database: Any) -> None:
        self.http = http
        self.database = database
        self.statements = 0

    async def response(self, query: str, **variables: Any) -> dict[str, Any]:
        """The whole response to an operation that is well-formed HTTP."""
        before = self.database.statements
        answer = await self.http.post("/graphql", json={"query": query, "variables": variables})
        self.statements = self.database.statements - before
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/json"
        content: dict[str, Any] = answer.json()
        return content

    async def data(self, query: str, **variables: Any) -> Any:
        """The data of an operation that must succeed."""
        content = await self.response(query, **variables)
        assert "errors" not in content, content["errors"]
        return content["data"]

    async def error(self, query: str, **variables: Any) -> dict[str, Any]:
        """The one error of an operation that must fail."""
        content = await self.response(query, **variables)
        [error] = content["errors"]
        assert isinstance(error, dict)
        return error

    async def code(self, query: str, **variables: Any) -> str:
        code: str = (await self.error(query, **variables))["extensions"]["code"]
        return code
