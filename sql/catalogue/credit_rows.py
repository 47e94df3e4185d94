"""Who composed which tracks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.people_credits import Part, read_credits
from sql.catalogue.composer_rows import Alias, Rows, find_or_make

PRESENT = """
SELECT track_id, array_agg(composer_id ORDER BY position), array_agg(alias_id ORDER BY position)
FROM track_composers WHERE track_id = ANY(%(ids)s) GROUP BY track_id
"""

REMOVE = "DELETE FROM track_composers WHERE track_id = ANY(%(ids)s)"

INSERT = """
INSERT INTO track_composers (track_id, composer_id, alias_id, position)
SELECT * FROM unnest(%(tracks)s::bigint[], %(composers)s::bigint[], %(aliases)s::bigint[], %(positions)s::int[])
"""


@dataclass(frozen=True, slots=True)
class Credited:
    """What crediting came to: by track its first composer and whom the field names as arrangers, if any; and the
    composers that some track had before."""

    principals: dict[int, int | None] = field(default_factory=dict)
    arrangers: dict[int, str | None] = field(default_factory=dict)
    former: set[int] = field(default_factory=set)


def credit_tracks(connection: Rows, fields: Mapping[int, str | None]) -> Credited:
    """Make those whom each track's composer field names its composers, in that order. `tracks.composer_id` is the
    caller's to write, and so is the arranger."""
    done = Credited()
    read = {text: _read(connection, text) for text in dict.fromkeys(fields.values())}
    present = {
        track_id: list(zip(composers, aliases, strict=True))
        for track_id, composers, aliases in connection.execute(PRESENT, {"ids": list(fields)})
    }
    changed: list[int] = []
    for track_id, text in fields.items():
        people, arranger = read[text]
        done.principals[track_id] = people[0].composer_id if people else None
        done.arrangers[track_id] = arranger
        if present.get(track_id, []) != [(alias.composer_id, alias.id) for alias in people]:
            done.former.update(composer_id for composer_id, _ in present.get(track_id, []))
            changed.append(track_id)
    _write(connection, {track_id: read[fields[track_id]][0] for track_id in changed})
    return done


def _read(connection: Rows, text: str | None) -> tuple[list[Alias], str | None]:
    """The composers that a field names, each once, and its arrangers in words."""
    credits = read_credits(text)
    people: dict[int, Alias] = {}
    for credit in credits:
        if credit.part is Part.COMPOSER:
            alias = find_or_make(connection, credit)
            people.setdefault(alias.composer_id, alias)
    arrangers = [credit.text for credit in credits if credit.part is Part.ARRANGER]
    return list(people.values()), "; ".join(arrangers) or None


def _write(connection: Rows, credited: Mapping[int, list[Alias]]) -> None:
    if not credited:
        return
    connection.execute(REMOVE, {"ids": list(credited)})
    rows = [
        (track_id, alias.composer_id, alias.id, position)
        for track_id, people in credited.items()
        for position, alias in enumerate(people)
    ]
    if rows:
        tracks, composers, aliases, positions = (list(column) for column in zip(*rows, strict=True))
        parameters = {"tracks": tracks, "composers": composers, "aliases": aliases, "positions": positions}
        connection.execute(INSERT, parameters)
