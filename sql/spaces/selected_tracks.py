"""The tracks that a selection means, and those that are missing in a revision."""

from __future__ import annotations

from sqlalchemy import Connection, text

from domain.selections import Selection, SelectionKind
from sql.spaces.embeddings import EMBEDDABLE, IN_REVISION

# By their names, and by every other spelling that sources have used.
COMPOSER_NAMES = """
    SELECT id, name FROM composers UNION SELECT composer_id, alias FROM composer_aliases
"""

NAMES = {
    SelectionKind.COMPOSER: text(f"{COMPOSER_NAMES} ORDER BY 1, 2"),
    SelectionKind.ALBUM: text("SELECT id, title FROM albums ORDER BY sort_key, id"),
}

# A file that came or changed after a track was embedded may not hold what was heard then.
CONDITIONS = {
    SelectionKind.COMPOSER: """(t.composer_id = ANY (:ids) OR EXISTS (
        SELECT FROM track_composers c WHERE c.track_id = t.id AND c.composer_id = ANY (:ids)))""",
    SelectionKind.ALBUM: "t.album_id = ANY (:ids)",
    SelectionKind.FAILED: """EXISTS (
        SELECT FROM embedding_failures x WHERE x.revision_id = :revision_id AND x.track_id = t.id)""",
    SelectionKind.STALE: """EXISTS (
        SELECT FROM track_embeddings e JOIN track_files f ON f.track_id = e.track_id
        WHERE e.revision_id = :revision_id AND e.track_id = t.id AND f.seen_at > e.embedded_at)""",
}

SELECTED = {
    kind: text(f"SELECT t.id FROM tracks t WHERE {EMBEDDABLE} AND {condition} ORDER BY t.id")  # noqa: S608 -- constants
    for kind, condition in CONDITIONS.items()
}

MISSING = text(f"SELECT t.id FROM tracks t WHERE {EMBEDDABLE} AND NOT {IN_REVISION} ORDER BY t.id")  # noqa: S608 -- see above


def selected_tracks(connection: Connection, selection: Selection, revision_id: int) -> list[int]:
    """The embeddable tracks that a selection means in a revision, by id.

    A composer or album may be written without its diacritics, case and punctuation, a composer also as the files say
    it. Raises UnknownName.
    """
    parameters: dict[str, object] = {}
    if selection.kind.takes_name:
        names = connection.execute(NAMES[selection.kind])
        parameters["ids"] = selection.choose([(id_, name) for id_, name in names])
    if ":revision_id" in CONDITIONS[selection.kind]:
        parameters["revision_id"] = revision_id
    return list(connection.scalars(SELECTED[selection.kind], parameters))


def missing_tracks(connection: Connection, revision_id: int | None) -> list[int]:
    """The embeddable tracks that are not in a revision, by id; all of them where there is none."""
    return list(connection.scalars(MISSING, {"revision_id": revision_id}))
