"""A visitor who asks for neighbors again and again, as the API would."""

from __future__ import annotations

import asyncio
import threading
from types import TracebackType

from domain.recommendations import TrackFilter
from domain.settings import Settings
from sql.database import Database
from sql.retrieval.recommended import PostgresRetrieval


class Visitor:
    """Asks for the tracks nearest to one, from a thread of its own, until the block is left.

    `answers` are the different answers in their order: (revision id, number of neighbors).
    """

    def __init__(self, database_url: str, settings: Settings, space: str, track_id: int) -> None:
        self.answers: list[tuple[int, int]] = []
        self.asked = 0
        self._database_url, self._settings = database_url, settings
        self._space, self._track_id = space, track_id
        self._leaving = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="visitor", daemon=True)

    def __enter__(self) -> Visitor:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving.set()
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            asyncio.run(self._ask())
        except BaseException as error:
            self._error = error

    async def _ask(self) -> None:
        database = Database.of(self._database_url, self._settings)
        retrieval = PostgresRetrieval(database, exact_below=10)
        try:
            while not self._leaving.is_set():
                space = (await retrieval.spaces())[self._space]
                found = await retrieval.similar_tracks(space, self._track_id, 10, TrackFilter())
                answer = (space.revision_id, len(found.candidates))
                if self.answers[-1:] != [answer]:
                    self.answers.append(answer)
                self.asked += 1
                await asyncio.sleep(0.01)
        finally:
            await database.close()
