"""What searches need to know of the spaces of a database."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import psycopg

from domain.errors.asking import SpaceNotReady
from domain.recommendations import TrackFilter
from domain.spaces import DEFAULT_SPACE, Space, SpaceState
from sql.database import Database, Row
from sql.retrieval import nearest

SPACES_SECONDS = 1.0
T = TypeVar("T")


class KnownSpaces:
    """Keeps the spaces for a second."""

    def __init__(self, database: Database, *, exact_below: int) -> None:
        """`exact_below`: filters that leave fewer tracks than this are searched exactly, index or not."""
        self._database = database
        self._exact_below = exact_below
        self._spaces: dict[str, Space] = {}
        self._spaces_read_at = float("-inf")

    async def spaces(self) -> dict[str, Space]:
        if time.monotonic() - self._spaces_read_at > SPACES_SECONDS:
            await self._read_spaces()
        return self._spaces

    async def _read_spaces(self) -> None:
        rows = await self._database.rows(nearest.SPACES)
        self._spaces = {row[1]: _space(row) for row in rows}
        self._spaces_read_at = time.monotonic()

    async def _replaced(self, space: Space) -> Space:
        """The space as it is now. Raises SpaceNotReady when its revision is gone and none has taken its place."""
        await self._read_spaces()
        now = self._spaces.get(space.name)
        if now is None or now.revision_id == space.revision_id:
            raise SpaceNotReady(name=space.name)
        return now

    async def _within(self, space: Space, search: Callable[[Space], Awaitable[T]]) -> T:
        """Search in a space; once more where its revision was dropped within the second that it was kept."""
        try:
            return await search(space)
        except psycopg.errors.UndefinedTable:
            return await search(await self._replaced(space))

    async def _is_selective(self, where: TrackFilter) -> bool:
        if not where.selects:
            return False
        statement, parameters = nearest.matching_count(where, self._exact_below)
        [(count,)] = await self._database.rows(statement, parameters)
        return bool(count < self._exact_below)

    def _common(self, where: TrackFilter) -> dict[str, Any]:  # Any: parameters of every type
        """The parameters of a filter, and where tags are found."""
        tagging = self._spaces.get(DEFAULT_SPACE)
        return nearest.filter_parameters(where) | {"tag_revision": tagging.revision_id if tagging else 0}


def _space(row: Row) -> Space:
    key, name, backend, dimension, revision_id, revision, state, indexed = row
    return Space(key, name, backend, dimension, revision_id, revision, SpaceState(state), indexed)
