"""Recording what users did: a batch in one statement, each interaction once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

import orjson
import psycopg

from domain.batches import invalid
from domain.errors.listening import InvalidInteraction
from domain.list_token import SignedList
from domain.listening import NewInteraction
from sql.database import Database, Row

# A list that nobody stored is kept, as an impression, once it is referred to: once for each user. The user's row is
# locked, so that the batches of one user are written one after the other, and after their end nothing.
RECORD = """
WITH owner AS MATERIALIZED (
    SELECT u.id FROM users u
    WHERE u.id = coalesce(%(user_id)s::uuid, (SELECT s.user_id FROM sessions s WHERE s.id = %(session_id)s::uuid))
      AND (%(session_id)s::uuid IS NULL OR EXISTS (
          SELECT FROM sessions s WHERE s.id = %(session_id)s::uuid AND s.user_id = u.id
      ))
    FOR NO KEY UPDATE
), given AS MATERIALIZED (
    SELECT * FROM unnest(
        %(client_ids)s::text[], %(track_ids)s::bigint[], %(kinds)s::text[], %(played)s::float8[],
        %(moments)s::timestamptz[], %(named)s::uuid[]
    ) WITH ORDINALITY AS g (client_id, track_id, kind, played_seconds, occurred_at, named, place)
), lists AS MATERIALIZED (
    SELECT l.id AS named, md5(o.id::text || l.id::text)::uuid AS id, l.strategy, l.space, l.track_ids
    FROM owner o, jsonb_to_recordset(%(lists)s::jsonb) AS l (id uuid, strategy text, space text, track_ids bigint[])
), shown AS MATERIALIZED (
    SELECT named, id, track_ids FROM lists
    UNION ALL
    SELECT p.id, p.id, p.track_ids FROM owner o JOIN impressions p
        ON p.user_id = o.id OR p.session_id IN (SELECT s.id FROM sessions s WHERE s.user_id = o.id)
    WHERE p.id = ANY (%(named)s::uuid[])
), checked AS MATERIALIZED (
    SELECT g.*, p.id AS impression_id, array_position(p.track_ids, g.track_id) AS rank,
           CASE WHEN t.id IS NULL THEN 'track'
                WHEN g.named IS NOT NULL AND p.id IS NULL THEN 'impression'
                WHEN g.named IS NOT NULL AND array_position(p.track_ids, g.track_id) IS NULL THEN 'rank'
           END AS wrong
    FROM given g LEFT JOIN tracks t ON t.id = g.track_id LEFT JOIN shown p ON p.named = g.named
), fault AS MATERIALIZED (
    SELECT place - 1 AS place, wrong FROM checked WHERE wrong IS NOT NULL ORDER BY place LIMIT 1
), recorded AS (
    INSERT INTO interactions
        (user_id, session_id, client_id, track_id, kind, played_seconds, occurred_at, impression_id, rank)
    SELECT o.id, %(session_id)s::uuid, c.client_id, c.track_id, c.kind, c.played_seconds, c.occurred_at,
           c.impression_id, c.rank
    FROM owner o, checked c WHERE NOT EXISTS (SELECT FROM fault)
    ORDER BY c.place
    ON CONFLICT (user_id, client_id) DO NOTHING
    RETURNING impression_id
), kept AS (
    INSERT INTO impressions (id, user_id, session_id, strategy, space, track_ids)
    SELECT l.id, o.id, %(session_id)s::uuid, l.strategy, l.space, l.track_ids FROM owner o, lists l
    WHERE l.id IN (SELECT impression_id FROM recorded)
    ON CONFLICT (id) DO NOTHING
)
SELECT (SELECT count(*) FROM owner), (SELECT count(*) FROM recorded), (SELECT place FROM fault),
       (SELECT wrong FROM fault)
"""

REASONS = {
    "track": "there is no such track.",
    "impression": "there is no such list of recommendations for this user.",
    "rank": "its track is not in the list that it names.",
}


class Recorded(NamedTuple):
    """How many interactions of a batch were new, and how many had been recorded before."""

    new: int
    repeated: int


class Recording:
    """Writes the log."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(
        self,
        user_id: UUID | None,
        session_id: UUID | None,
        entries: Sequence[NewInteraction],
        lists: Mapping[str, SignedList],
    ) -> Recorded | None:
        """Record a checked batch (`domain.batches`), all of it or nothing, of a user or in a session; with both, the
        session must be the user's. What the user has sent before under a client id is not recorded again. `lists` are
        those whose tokens the entries name. None when there is no such user or session.

        Raises InvalidInteraction for a track that is not there, a list that is not this user's, or does not hold the
        track; DatabaseUnreachable, after which the batch may be sent again.
        """
        parameters = {
            "user_id": user_id,
            "session_id": session_id,
            "client_ids": [entry.client_id for entry in entries],
            "track_ids": [entry.track_id for entry in entries],
            "kinds": [entry.kind.value for entry in entries],
            "played": [entry.played_seconds for entry in entries],
            "moments": [entry.occurred_at for entry in entries],
            "named": [_named(entry) for entry in entries],
            "lists": _json(lists.items()),
        }
        try:
            [row] = await self._database.rows(RECORD, parameters)
        except psycopg.errors.ForeignKeyViolation:
            # A track has just gone: this time it is not seen any more.
            [row] = await self._database.rows(RECORD, parameters)
        return _recorded(row, entries)


def _recorded(row: Row, entries: Sequence[NewInteraction]) -> Recorded | None:
    owners, new, place, wrong = row
    if not owners:
        return None
    if wrong is not None:
        raise _fault(entries, place, wrong)
    return Recorded(new=new, repeated=len(entries) - new)


def _fault(entries: Sequence[NewInteraction], place: int, wrong: str) -> InvalidInteraction:
    return invalid(place, entries[place].client_id, REASONS[wrong])


def _named(entry: NewInteraction) -> UUID | None:
    """What stands for the list that an entry names."""
    return entry.impression_id if entry.list_token is None else _stand_in(entry.list_token)


def _stand_in(token: str) -> UUID:
    return UUID(bytes=hashlib.sha256(token.encode()).digest()[:16])


def _json(lists: Iterable[tuple[str, SignedList]]) -> str:
    described = [
        {"id": _stand_in(token), "strategy": said.strategy, "space": said.space, "track_ids": said.track_ids}
        for token, said in lists
    ]
    return orjson.dumps(described).decode()
