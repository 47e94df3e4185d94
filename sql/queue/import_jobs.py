"""What an import leaves to be embedded."""

from __future__ import annotations

from sqlalchemy import Connection, text

from sql.spaces.embeddings import EMBEDDABLE

IS_SOMETHING_MISSING = text(f"""
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
    )
""")  # noqa: S608 -- a constant of this program


def is_something_missing(connection: Connection, space: str) -> bool:
    """Whether a track should be in the space's active revision, is not, and was not tried."""
    return bool(connection.scalar(IS_SOMETHING_MISSING, {"space": space}))
