"""The transactions in which an import writes; for a rehearsal a single one that comes to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType

from sqlalchemy import Connection, Engine

from sql.catalogue.changes import Change, changes, remember
from sql.catalogue.imports import lock_imports


class Writing:
    """Gives out transactions, each under the lock that keeps other imports out.

    A rehearsal runs the same statements on the same rows, in one transaction that is rolled back at the end, so that
    what it says would change is what would. It begins with the first one given out: reading files costs nobody.
    """

    def __init__(self, engine: Engine, *, rehearsal: bool) -> None:
        self._engine = engine
        self.is_rehearsal = rehearsal
        self._held = ExitStack()
        self._rehearsed: Connection | None = None

    def __enter__(self) -> Writing:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        if self.is_rehearsal:
            yield self._rehearsed or self._begin()
            return
        with self._engine.begin() as connection:
            lock_imports(connection)
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that waits for nobody, and sees what was rehearsed."""
        if self.is_rehearsal:
            yield self._rehearsed or self._begin()
            return
        with self._engine.connect() as connection:
            yield connection

    def rehearsed(self) -> list[Change]:
        """What would have changed, so far."""
        return list(changes(self._rehearsed or self._begin())) if self.is_rehearsal else []

    def _begin(self) -> Connection:
        self._rehearsed = self._held.enter_context(self._engine.connect())
        lock_imports(self._rehearsed)
        remember(self._rehearsed)
        return self._rehearsed
