"""The statements that search with vectors which the database does not hold: queries that strategies make.

They keep to what `sql.retrieval.nearest` says. Each query vector is a parameter of its own: `query_0`, `query_1` ….
"""

from __future__ import annotations

from functools import lru_cache
from typing import LiteralString

from psycopg import sql

from domain.recommendations import TrackFilter
from domain.spaces import Space
from sql.retrieval.candidates import CREDITS, DETAILS, PEOPLE, WITHIN_CAPS
from sql.retrieval.nearest import RELAXED, matches, names, rounded_up, signs
from sql.retrieval.without import LeftOut
from sql.spaces.index_kinds import BY_SIGNS, by_signs

QUERIES: tuple[LiteralString, ...] = (
    *("query_0", "query_1", "query_2", "query_3"),
    *("query_4", "query_5", "query_6", "query_7"),
)
TRACK_ID = sql.SQL("e.track_id")

# What was found. Embeddings are looked up at the end, so that what is compared stays narrow.
FOUND = sql.SQL("""
    found AS (
        SELECT b.track_id, b.distance, {embedding} AS embedding,
               row_number() OVER (ORDER BY b.distance, b.track_id) AS place
        FROM best b {looked_up}
    )
    {details}
""")


@lru_cache(maxsize=256)
def nearest_tracks(
    space: Space,
    where: TrackFilter,
    left_out: LeftOut,
    limit: int,
    queries: int,
    *,
    exact: bool,
    embeddings: bool = True,
) -> bytes:
    """The tracks nearest to each of so many queries, each track once, at least `limit` where that many match.

    Parameters: the queries, `tag_revision`, those of the filter and of `left_out`.
    """
    steps: list[sql.Composable] = [
        _nearest(space, where, left_out, limit, number, exact=exact) for number in range(queries)
    ]
    if _through_signs(space, exact=exact):
        steps.insert(0, RELAXED)
    statement = sql.SQL("""
        WITH {steps},
        best AS (SELECT track_id, min(distance) AS distance FROM ({all}) AS nearest GROUP BY track_id),
        {found}
    """).format(
        steps=sql.SQL(", ").join(steps),
        all=sql.SQL(" UNION ALL ").join(
            [sql.SQL("SELECT track_id, distance FROM {}").format(_step("nearest", number)) for number in range(queries)]
        ),
        found=FOUND.format(
            embedding=sql.SQL("e.embedding" if embeddings else "NULL::vector"),
            looked_up=sql.SQL("JOIN {tracks} e ON e.track_id = b.track_id" if embeddings else "").format(
                **names(space)
            ),
            details=DETAILS,
        ),
    )
    return statement.as_bytes(None)


@lru_cache(maxsize=64)
def nearest_tracks_capped(space: Space, where: TrackFilter, left_out: LeftOut, queries: int) -> bytes:
    """Every track that a list under caps can hold, nearest to any query first, exactly.

    Parameters: the queries, `tag_revision`, `first`, `max_album`, `max_composer`, `max_work`, those of the filter and
    of `left_out`.
    """
    statement = sql.SQL("""
        WITH distances AS MATERIALIZED (
            SELECT e.track_id, least({distances}) AS distance
            FROM {tracks} e WHERE {matches} AND {left_out}
        ),
        grouped AS (
            SELECT d.*, t.album_id, t.work_id, {people} AS people,
                   row_number() OVER (PARTITION BY t.album_id, t.work_id, {people} ORDER BY d.distance, t.id)
                       AS place_in_group
            FROM distances d JOIN tracks t ON t.id = d.track_id {credits}
        ),
        found AS (
            SELECT track_id, distance, NULL::vector AS embedding, row_number() OVER (ORDER BY distance, track_id)
                AS place
            FROM grouped WHERE {within_caps}
        )
        {details}
    """).format(
        **names(space),
        distances=sql.SQL(", ").join([_distance(space, number) for number in range(queries)]),
        matches=matches(where, exact=True),
        left_out=left_out.condition(TRACK_ID),
        within_caps=WITHIN_CAPS,
        people=PEOPLE,
        credits=CREDITS,
        details=DETAILS,
    )
    return statement.as_bytes(None)


@lru_cache(maxsize=64)
def tracks_by_ids(space: Space | None) -> bytes:
    """Tracks, with their embeddings in a space. Parameters: `ids`, `tag_revision`."""
    embedding: sql.Composable = sql.SQL("NULL::vector")
    join: sql.Composable = sql.SQL("")
    if space is not None:
        embedding = sql.SQL("e.embedding")
        join = sql.SQL("LEFT JOIN {tracks} e ON e.track_id = given.id").format(**names(space))
    statement = sql.SQL("""
        WITH found AS (
            SELECT given.id AS track_id, NULL::float8 AS distance, {embedding} AS embedding, given.place
            FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS given (id, place) {join}
        )
        {details}
    """).format(embedding=embedding, join=join, details=DETAILS)
    return statement.as_bytes(None)


def _nearest(
    space: Space, where: TrackFilter, left_out: LeftOut, limit: int, number: int, *, exact: bool
) -> sql.Composed:
    """The common table expressions that end in `nearest_0`, `nearest_1` …"""
    parts = names(space) | {
        "distance": _distance(space, number),
        "may_appear": sql.SQL("{} AND {}").format(matches(where, exact=exact), left_out.condition(TRACK_ID)),
        "nearest": _step("nearest", number),
        "before": _step("before", number),
        "order": sql.SQL("ORDER BY distance, track_id LIMIT {}").format(sql.Literal(rounded_up(limit))),
    }
    if _through_signs(space, exact=exact):
        return sql.SQL("""
            {before} AS MATERIALIZED (
                SELECT e.track_id, e.embedding FROM {tracks} e
                WHERE EXISTS (SELECT FROM relaxed) AND {may_appear}
                ORDER BY {signs} <~> (SELECT binary_quantize({query})::bit({dimension})) LIMIT {alike}
            ),
            {nearest} AS (SELECT e.track_id, {distance} AS distance FROM {before} e {order})
        """).format(**parts, signs=signs(space), query=_query(space, number), alike=sql.Literal(BY_SIGNS))
    found = sql.SQL("SELECT e.track_id, {distance} AS distance FROM {tracks} e WHERE {may_appear}").format(**parts)
    if exact and space.indexed:
        return sql.SQL("{before} AS MATERIALIZED ({found}), {nearest} AS (SELECT * FROM {before} {order})").format(
            **parts, found=found
        )
    return sql.SQL("{nearest} AS ({found} {order})").format(**parts, found=found)


def _through_signs(space: Space, *, exact: bool) -> bool:
    return not exact and space.indexed and by_signs(space.dimension)


def _distance(space: Space, number: int) -> sql.Composed:
    return sql.SQL("e.embedding::vector({dimension}) <=> {query}").format(
        dimension=sql.Literal(space.dimension), query=_query(space, number)
    )


def _query(space: Space, number: int) -> sql.Composed:
    return sql.SQL("%({name})s::vector({dimension})").format(
        name=sql.SQL(QUERIES[number]), dimension=sql.Literal(space.dimension)
    )


def _step(name: str, number: int) -> sql.Identifier:
    return sql.Identifier(f"{name}_{number}")
