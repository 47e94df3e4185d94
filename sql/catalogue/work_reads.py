"""Works and composers of tracks, read for the API."""

from __future__ import annotations

from psycopg import sql

from domain.catalogue import Composer, Work
from sql.catalogue.lookups import ENTRIES, ENTRY, TrackEntry, entry_of
from sql.database import Database

WORKS_BY_ID = """
SELECT w.id, w.title, w.catalogue_number, c.id, c.name
FROM works w JOIN composers c ON c.id = w.composer_id WHERE w.id = ANY(%(ids)s::bigint[])
"""

# A track whose credits are not kept one by one has the composer in its row.
COMPOSERS_OF_TRACKS = """
SELECT credited.track_id, c.id, c.name
FROM (
    SELECT tc.track_id, tc.composer_id, tc.position FROM track_composers tc WHERE tc.track_id = ANY(%(ids)s::bigint[])
    UNION
    SELECT t.id, t.composer_id, 0 FROM tracks t WHERE t.id = ANY(%(ids)s::bigint[]) AND t.composer_id IS NOT NULL
) AS credited
JOIN composers c ON c.id = credited.composer_id
ORDER BY credited.track_id, credited.position, c.id
"""

# Recordings of one movement: those of one number, unless their titles differ, or of one title where a number is
# missing; or of the whole work. A movement that only its tempo names has no key, and is nobody's double.
OTHER_PERFORMANCES = sql.SQL("""
SELECT {entry}, asked.id
FROM {entries}
JOIN tracks asked ON asked.work_id = t.work_id AND asked.id <> t.id
WHERE asked.id = ANY(%(ids)s::bigint[])
  AND CASE
    WHEN t.movement_number = asked.movement_number
        THEN coalesce(t.movement_key = asked.movement_key, true)
    WHEN t.movement_number IS NOT NULL AND asked.movement_number IS NOT NULL THEN false
    WHEN t.movement_key = asked.movement_key THEN true
    ELSE num_nonnulls(t.movement_number, asked.movement_number, t.movement, asked.movement) = 0
  END
ORDER BY asked.id, t.id
""").format(entry=sql.SQL(ENTRY), entries=sql.SQL(ENTRIES))


class Works:
    """Reads works, by the keys that were asked for. What is not there is left out of the answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def works(self, ids: list[int]) -> dict[int, Work]:
        rows = await self._database.rows(WORKS_BY_ID, {"ids": ids})
        return {key: Work(key, title, number, Composer(*composer)) for key, title, number, *composer in rows}

    async def composers_of_tracks(self, ids: list[int]) -> dict[int, list[Composer]]:
        """Everyone who composed each track, in the order of the credit."""
        found: dict[int, list[Composer]] = {key: [] for key in ids}
        for track_id, *composer in await self._database.rows(COMPOSERS_OF_TRACKS, {"ids": ids}):
            found[track_id].append(Composer(*composer))
        return found

    async def other_performances(self, ids: list[int]) -> dict[int, list[TrackEntry]]:
        """Other recordings of the same movement, or of the same work where a track has all of it, by import."""
        found: dict[int, list[TrackEntry]] = {key: [] for key in ids}
        for row in await self._database.rows(OTHER_PERFORMANCES, {"ids": ids}):
            found[row[-1]].append(entry_of(row))
        return found
