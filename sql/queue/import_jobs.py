"""What an import leaves to be embedded."""

from __future__ import annotations

from sqlalchemy import Connection, text

from sql.spaces.embeddings import EMBEDDABLE, OF_FILE

MISSING = f"""
    SELECT EXISTS (
        SELECT FROM tracks t
        LEFT JOIN spaces s ON s.name = :space
        WHERE {EMBEDDABLE}
          AND NOT EXISTS (
              SELECT FROM track_embeddings e WHERE e.revision_id = s.active_revision_id AND e.track_id = t.id
          )
          AND NOT EXISTS (
              SELECT FROM embedding_failures x WHERE x.revision_id = s.active_revision_id AND x.track_id = t.id
          )
          {{only}}
    )
"""  # noqa: S608 -- a constant of this program
IS_SOMETHING_MISSING = text(MISSING.format(only=""))
IS_FILE_MISSING = text(MISSING.format(only=f"AND {OF_FILE}"))


def is_something_missing(connection: Connection, space: str, only_file: str | None = None) -> bool:
    """Whether a track should be in the space's active revision, is not, and was not tried; with `only_file`, the path
    of a file, whether its track is one."""
    if only_file is None:
        return bool(connection.scalar(IS_SOMETHING_MISSING, {"space": space}))
    return bool(connection.scalar(IS_FILE_MISSING, {"space": space, "path": only_file}))
