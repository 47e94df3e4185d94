"""What a search leaves out beside what its filter says, as SQL."""

from __future__ import annotations

from enum import Enum, auto
from typing import Any

from psycopg import sql

from domain.requests import Without


class LeftOut(Enum):
    """What kind of tracks is left out; a statement is made for each."""

    NOTHING = auto()
    GIVEN = auto()
    DISLIKED = auto()
    HEARD = auto()

    @classmethod
    def of(cls, without: Without | None) -> LeftOut:
        if without is None:
            return cls.NOTHING
        if without.user_id is None:
            return cls.GIVEN
        return cls.HEARD if without.heard else cls.DISLIKED

    def condition(self, track: sql.Composable) -> sql.Composed:
        """On the id `track`. Parameters: `given`, `listener`."""
        return PARTS[self].format(track=track)


# Sets to look into, built once for a search: a join could lead PostgreSQL away from the index.
PARTS = {
    LeftOut.NOTHING: sql.SQL("TRUE"),
    LeftOut.GIVEN: sql.SQL("{track} <> ALL(%(given)s::bigint[])"),
    # A like takes an earlier dislike back.
    LeftOut.DISLIKED: sql.SQL("""{track} NOT IN (
        SELECT h.track_id FROM interactions h
        WHERE h.user_id = %(listener)s::uuid AND h.kind IN ('LIKE', 'DISLIKE')
        GROUP BY h.track_id HAVING (array_agg(h.kind ORDER BY h.occurred_at DESC, h.id DESC))[1] = 'DISLIKE'
    )"""),
    LeftOut.HEARD: sql.SQL(
        "{track} NOT IN (SELECT h.track_id FROM interactions h WHERE h.user_id = %(listener)s::uuid)"
    ),
}


def without_parameters(without: Without | None) -> dict[str, Any]:  # Any: as psycopg takes them
    known = without or Without()
    return {"given": list(known.track_ids), "listener": known.user_id}
