"""Maps of spaces, read for the API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.spaces import DEFAULT_SPACE
from sql.database import Database

MAPS = """
SELECT revision_id, method, made_at FROM space_maps WHERE revision_id = ANY(%(ids)s::bigint[])
"""

POINTS = """
SELECT coalesce(array_agg(track_id ORDER BY track_id), '{}'), coalesce(array_agg(x ORDER BY track_id), '{}'),
       coalesce(array_agg(y ORDER BY track_id), '{}')
FROM map_points WHERE revision_id = %(r)s
"""

# Each point's `place` among all points is counted from 0. Two albums may have one title.
GROUPS = """
WITH placed AS (
    SELECT track_id, (row_number() OVER (ORDER BY track_id) - 1)::int AS place
    FROM map_points WHERE revision_id = %(r)s
), named AS (
    SELECT p.place,
           CASE %(by)s::text WHEN 'COMPOSER' THEN c.id WHEN 'ALBUM' THEN a.id END AS key,
           CASE %(by)s::text WHEN 'COMPOSER' THEN c.name WHEN 'ALBUM' THEN a.title ELSE g.top[1] END AS name
    FROM placed p
    JOIN tracks t ON t.id = p.track_id
    LEFT JOIN composers c ON c.id = t.composer_id
    LEFT JOIN albums a ON a.id = t.album_id
    LEFT JOIN track_tags g ON g.track_id = p.track_id
         AND g.revision_id = (SELECT active_revision_id FROM spaces WHERE name = %(tagger)s)
)
SELECT name, array_agg(place ORDER BY place) FROM named WHERE name IS NOT NULL
GROUP BY key, name ORDER BY count(*) DESC, name LIMIT %(first)s
"""


@dataclass(frozen=True, slots=True)
class MapHead:
    """That a revision has a map, how it was laid out, and when."""

    revision_id: int
    method: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class MapPoints:
    """Tracks by id, and where they lie, 0 to 65,535 both ways: three lists of one length."""

    track_ids: list[int]
    x: list[int]
    y: list[int]


@dataclass(frozen=True, slots=True)
class MapGroup:
    """What some points have in common; `places` are theirs among all points, from 0."""

    name: str
    places: list[int]


class MapReads:
    """Reads maps."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def heads(self, revision_ids: list[int]) -> dict[int, MapHead]:
        """Of each revision that has a map."""
        rows = await self._database.rows(MAPS, {"ids": revision_ids})
        return {row[0]: MapHead(*row) for row in rows}

    async def points(self, revision_id: int) -> MapPoints:
        """All points of a revision's map, none where it has none."""
        [row] = await self._database.rows(POINTS, {"r": revision_id})
        return MapPoints(*row)

    async def groups(self, revision_id: int, by: str, first: int) -> list[MapGroup]:
        """The composers (`by` is COMPOSER), albums (ALBUM) or surest tags (TAG) with most points, most first."""
        about = {"r": revision_id, "by": by, "first": first, "tagger": DEFAULT_SPACE}
        return [MapGroup(name, places) for name, places in await self._database.rows(GROUPS, about)]
