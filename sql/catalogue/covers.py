"""Covers, read for the API: which picture is shown for an album or a track."""

from __future__ import annotations

from typing import LiteralString

from domain.catalogue import Cover
from sql.database import Database, Row

# An image in the album's own folder, else what the first of its tracks has in its tags, else an image in a folder that
# it shares with other albums.
OF_ALBUM: LiteralString = """
    SELECT picture FROM (
        (SELECT i.picture, CASE WHEN EXISTS (SELECT FROM albums b WHERE b.folder = a.folder AND b.id <> a.id)
                           THEN 2 ELSE 0 END AS place
         FROM folder_images i WHERE i.folder = a.folder AND i.picture IS NOT NULL
         ORDER BY i.rank, i.path LIMIT 1)
        UNION ALL
        (SELECT c.picture, 1 FROM tracks t JOIN track_covers c ON c.track_id = t.id
         WHERE t.album_id = a.id AND c.picture IS NOT NULL
         ORDER BY t.disc NULLS LAST, t.position NULLS LAST, t.id LIMIT 1)
    ) AS candidates ORDER BY place LIMIT 1
"""

ALBUM_COVERS: LiteralString = f"""
SELECT a.id, p.sha256, p.content_type, p.width, p.height, p.thumbnail
FROM albums a CROSS JOIN LATERAL ({OF_ALBUM}) AS chosen JOIN pictures p ON p.sha256 = chosen.picture
WHERE a.id = ANY(%(ids)s::bigint[])
"""  # noqa: S608 -- constants of this program

# What is in its own tags, else its album's.
TRACK_COVERS: LiteralString = f"""
SELECT t.id, p.sha256, p.content_type, p.width, p.height, p.thumbnail
FROM tracks t
LEFT JOIN track_covers own ON own.track_id = t.id
LEFT JOIN albums a ON a.id = t.album_id
LEFT JOIN LATERAL ({OF_ALBUM}) AS chosen ON own.picture IS NULL
JOIN pictures p ON p.sha256 = coalesce(own.picture, chosen.picture)
WHERE t.id = ANY(%(ids)s::bigint[])
"""  # noqa: S608 -- see above


class Covers:
    """Reads covers by the keys that were asked for; what has none is left out."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_albums(self, ids: list[int]) -> dict[int, Cover]:
        return _covers(await self._database.rows(ALBUM_COVERS, {"ids": ids}))

    async def of_tracks(self, ids: list[int]) -> dict[int, Cover]:
        return _covers(await self._database.rows(TRACK_COVERS, {"ids": ids}))


def _covers(rows: list[Row]) -> dict[int, Cover]:
    return {key: Cover(*cover) for key, *cover in rows}
