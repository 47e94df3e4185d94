"""The statement that ranks tracks without comparing them: by what was played here, by what a listener played, or by
chance."""

from __future__ import annotations

from functools import lru_cache

from psycopg import sql

from domain.ports import Ranking
from domain.recommendations import TrackFilter
from domain.spaces import Space
from sql.retrieval.candidates import CREDITS, DETAILS_WITH_PLAYS, PEOPLE, WITHIN_CAPS
from sql.retrieval.nearest import names
from sql.retrieval.track_filter import conditions
from sql.retrieval.without import LeftOut

# What is popular is what the newest so many interactions say: the log may be long.
NEWEST_INTERACTIONS = 200_000

# A play and its completion are one listening, so it is listeners that count; of a listener, interactions.
PLAYS = sql.SQL("""
    here AS (
        SELECT track_id, count(*) AS listeners
        FROM (
            SELECT DISTINCT newest.track_id, newest.user_id
            FROM (SELECT * FROM interactions ORDER BY id DESC LIMIT {newest}) AS newest
            WHERE newest.kind IN ('PLAY', 'COMPLETE', 'LIKE')
        ) AS each_once
        GROUP BY track_id
    ),
    own AS MATERIALIZED (
        SELECT i.track_id, sum(i.plays) AS plays FROM interactions i
        WHERE i.user_id = %(listener)s::uuid AND i.kind IN ('PLAY', 'COMPLETE', 'LIKE')
        GROUP BY i.track_id
    ),
    own_composers AS (
        SELECT c.id AS composer_id, sum(own.plays) AS plays
        FROM own JOIN tracks t ON t.id = own.track_id JOIN composers c ON c.id = t.composer_id AND c.person
        GROUP BY c.id
    )
""").format(newest=sql.Literal(NEWEST_INTERACTIONS))

ORDERS = {
    Ranking.POPULAR: sql.SQL("coalesce(here.listeners, 0) DESC, {chance}"),
    Ranking.PERSONAL: sql.SQL(
        "coalesce(own.plays, 0) DESC, coalesce(own_composers.plays, 0) DESC, coalesce(here.listeners, 0) DESC, {chance}"
    ),
    Ranking.RANDOM: sql.SQL("{chance}"),
}
CHANCE = sql.SQL("hashtextextended(%(chance)s::text || '/' || t.id::text, 0), t.id")
COUNTS = sql.SQL(
    "coalesce(here.listeners, 0)::bigint AS listeners, coalesce(own.plays, 0)::bigint AS own,"
    " coalesce(own_composers.plays, 0)::bigint AS own_of_composer"
)
NO_COUNTS = sql.SQL("0::bigint AS listeners, 0::bigint AS own, 0::bigint AS own_of_composer")
COUNTED = sql.SQL(
    "LEFT JOIN here ON here.track_id = t.id LEFT JOIN own ON own.track_id = t.id"
    " LEFT JOIN own_composers ON own_composers.composer_id = t.composer_id"
)


@lru_cache(maxsize=256)
def ranked_tracks(
    ranking: Ranking, space: Space | None, where: TrackFilter, left_out: LeftOut, limit: int, *, caps: bool
) -> bytes:
    """The first `limit` tracks by a ranking, or, under `caps`, all that a list of so many can hold, with their plays.

    Parameters: `chance`, `given`, `listener`, `tag_revision`, those of the filter; under caps `first`, `max_album`,
    `max_composer`, `max_work`.
    """
    uncounted = ranking is Ranking.RANDOM
    parts = {
        "plays": sql.SQL("nothing AS (SELECT)") if uncounted else PLAYS,
        "counts": NO_COUNTS if uncounted else COUNTS,
        "counted": sql.SQL("") if uncounted else COUNTED,
        "order": ORDERS[ranking].format(chance=CHANCE),
        "may_appear": sql.SQL("NOT t.missing AND NOT t.silent AND {} AND {}").format(
            conditions(where)[0], left_out.condition(sql.SQL("t.id"))
        ),
        "limit": sql.Literal(limit),
        "people": PEOPLE,
        "credits": CREDITS,
        "within_caps": WITHIN_CAPS,
    }
    chosen = CAPPED if caps else FIRST
    embedding: sql.Composable = sql.SQL("NULL::vector")
    join: sql.Composable = sql.SQL("")
    if space is not None:
        embedding = sql.SQL("e.embedding")
        join = sql.SQL("LEFT JOIN {tracks} e ON e.track_id = chosen.track_id").format(**names(space))
    statement = sql.SQL("""
        WITH {plays}, chosen AS ({chosen}),
        found AS (SELECT chosen.*, NULL::float8 AS distance, {embedding} AS embedding FROM chosen {join})
        {details}
    """).format(
        plays=parts["plays"],
        chosen=chosen.format(**parts),
        embedding=embedding,
        join=join,
        details=DETAILS_WITH_PLAYS,
    )
    return statement.as_bytes(None)


FIRST = sql.SQL("""
    SELECT first.*, row_number() OVER () AS place FROM (
        SELECT t.id AS track_id, {counts} FROM tracks t {counted} WHERE {may_appear} ORDER BY {order} LIMIT {limit}
    ) AS first
""")

CAPPED = sql.SQL("""
    SELECT track_id, listeners, own, own_of_composer, place FROM (
        SELECT t.id AS track_id, t.album_id, t.work_id, {people} AS people, {counts},
               row_number() OVER (ORDER BY {order}) AS place,
               row_number() OVER (PARTITION BY t.album_id, t.work_id, {people} ORDER BY {order}) AS place_in_group
        FROM tracks t {counted} {credits} WHERE {may_appear}
    ) AS grouped
    WHERE {within_caps}
""")
