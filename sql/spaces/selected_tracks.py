"""The tracks that a selection means, and those that are missing in a revision."""

from __future__ import annotations

import difflib

from sqlalchemy import Connection, text

from domain.errors.asking import UnknownName
from domain.names import fold
from domain.selections import Selection, SelectionKind
from sql.spaces.embeddings import EMBEDDABLE, IN_REVISION

NAMES_SUGGESTED = 5

NAMES = {
    SelectionKind.COMPOSER: text("SELECT id, name FROM composers ORDER BY sort_key, id"),
    SelectionKind.ALBUM: text("SELECT id, title FROM albums ORDER BY sort_key, id"),
}

# A file that came or changed after a track was embedded may not hold what was heard then.
CONDITIONS = {
    SelectionKind.COMPOSER: "t.composer_id = ANY (:ids)",
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

    A composer or album may be written without its diacritics, case and punctuation. Raises UnknownName.
    """
    parameters: dict[str, object] = {}
    if selection.kind.takes_name:
        parameters["ids"] = _named(connection, selection)
    if ":revision_id" in CONDITIONS[selection.kind]:
        parameters["revision_id"] = revision_id
    return list(connection.scalars(SELECTED[selection.kind], parameters))


def missing_tracks(connection: Connection, revision_id: int | None) -> list[int]:
    """The embeddable tracks that are not in a revision, by id; all of them where there is none."""
    return list(connection.scalars(MISSING, {"revision_id": revision_id}))


def _named(connection: Connection, selection: Selection) -> list[int]:
    name = selection.name or ""
    rows = connection.execute(NAMES[selection.kind]).all()
    found = [id_ for id_, given in rows if given == name] or [id_ for id_, given in rows if fold(given) == fold(name)]
    if not found:
        raise UnknownName(kind=selection.kind, name=name, hint=_hint(name, [given for _, given in rows]))
    return found


def _hint(name: str, given: list[str]) -> str:
    """Names like the one that was asked for: those that hold all its words, then those that are spelled like it."""
    folded = {fold(other): other for other in given}
    words = set(fold(name).split())
    holding = [key for key in folded if words <= set(key.split())]
    near = dict.fromkeys([*holding, *difflib.get_close_matches(fold(name), folded, NAMES_SUGGESTED)])
    if not near:
        return "Nothing is called like it."
    return f"Did you mean {', '.join(repr(folded[key]) for key in list(near)[:NAMES_SUGGESTED])}?"
