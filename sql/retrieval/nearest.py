"""The statements that search: nearest tracks and segments of a space.

What they all keep to, so that PostgreSQL uses the index of a space where there is one:

* a space revision is addressed by its partition's own name, and the cast holds the dimension as a literal: the same
  expression as in the index;
* the query vector is a parameter or an uncorrelated scalar subquery;
* limits are literals, from a short list, so that a generic plan knows them;
* where a search must be exact, distances are computed in a materialized step that no index can serve.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from psycopg import sql

from domain.recommendations import TrackFilter
from domain.spaces import Space
from sql.retrieval.candidates import CREDITS, DETAILS, PEOPLE, TRACK, WITHIN_CAPS
from sql.retrieval.track_filter import conditions
from sql.spaces.index_kinds import BY_SIGNS, LONGEST_BY_SIGNS, by_signs
from sql.spaces.naming import partition

LIMITS = (5, 10, 20, 50, 100, 200, 500, 1_000)

# id, name, backend, dimension, revision_id, revision, state, indexed: every space that holds a vector.
SPACES = """
SELECT s.id, s.name, s.backend, s.dimension, r.id, r.revision, r.state, r.indexed
FROM spaces s
JOIN space_revisions r ON r.id = s.active_revision_id
WHERE EXISTS (SELECT FROM track_embeddings e WHERE e.revision_id = r.id)
"""

TRACK_BY_ID = sql.SQL("SELECT {} FROM tracks t WHERE t.id = %(track)s::bigint").format(sql.SQL(TRACK))

# Rows `e` of a partition whose tracks have a file. A set to look into, built once for a search and usually empty: a
# join could lead PostgreSQL away from the index.
THERE = sql.SQL("e.track_id NOT IN (SELECT id FROM tracks WHERE missing)")

# For this statement only: what an index finds by signs is put into order afterwards, and looking for it in strict order
# loses some (of the nearest ten among 20,000, three in a hundred).
RELAXED = sql.SQL("relaxed AS MATERIALIZED (SELECT set_config('hnsw.iterative_scan', 'relaxed_order', true))")


def rounded_up(limit: int) -> int:
    """The smallest limit that statements are made for and that is not below `limit`."""
    return next((size for size in LIMITS if size >= limit), LIMITS[-1])


# Composing a statement takes as long as running it on a small archive, so the usual ones are kept.
@lru_cache(maxsize=256)
def similar_tracks(space: Space, where: TrackFilter, limit: int, *, exact: bool, embeddings: bool = False) -> bytes:
    """The seed and the tracks nearest to it, at least `limit` where that many match.

    Parameters: `seed`, `tag_revision` and those of the filter.
    """
    if not exact and space.indexed and by_signs(space.dimension):
        return _similar_by_signs(space, where, limit, embeddings=embeddings)
    distances = sql.SQL("""
        SELECT e.track_id, e.embedding::vector({dimension}) <=> (SELECT v FROM seed) AS distance,
               {embedding} AS embedding
        FROM {tracks} e
        WHERE e.track_id <> %(seed)s::bigint AND EXISTS (SELECT FROM seed) AND {matches}
    """).format(**names(space), embedding=_embedding(embeddings), matches=matches(where, exact=exact))
    nearest = sql.SQL("ORDER BY distance, track_id LIMIT {limit}").format(limit=sql.Literal(rounded_up(limit)))
    if exact and space.indexed:
        steps = sql.SQL("distances AS MATERIALIZED ({distances}), nearest AS (SELECT * FROM distances {nearest})")
    else:
        steps = sql.SQL("nearest AS ({distances} {nearest})")
    return _with_details(space, steps.format(distances=distances, nearest=nearest), embeddings=embeddings)


def index_serves(space: Space, limit: int) -> bool:
    """Whether a space's index finds the nearest `limit`."""
    return space.indexed and (not by_signs(space.dimension) or limit <= LONGEST_BY_SIGNS)


def _similar_by_signs(space: Space, where: TrackFilter, limit: int, *, embeddings: bool) -> bytes:
    """As `similar_tracks`: what is nearest by the signs of its numbers, compared exactly."""
    steps = sql.SQL("""
        {relaxed},
        alike AS MATERIALIZED (
            SELECT e.track_id, e.embedding
            FROM {tracks} e
            WHERE e.track_id <> %(seed)s::bigint AND EXISTS (SELECT FROM seed) AND EXISTS (SELECT FROM relaxed)
              AND {matches}
            ORDER BY {signs} <~> (SELECT binary_quantize(v)::bit({dimension}) FROM seed)
            LIMIT {alike}
        ),
        nearest AS (
            SELECT e.track_id, e.embedding::vector({dimension}) <=> (SELECT v FROM seed) AS distance,
                   {embedding} AS embedding
            FROM alike e ORDER BY distance, track_id LIMIT {limit}
        )
    """).format(
        **names(space),
        relaxed=RELAXED,
        signs=signs(space),
        alike=sql.Literal(BY_SIGNS),
        matches=matches(where, exact=False),
        embedding=_embedding(embeddings),
        limit=sql.Literal(rounded_up(limit)),
    )
    return _with_details(space, steps, embeddings=embeddings)


def similar_tracks_capped(space: Space, where: TrackFilter) -> bytes:
    """The seed and every track that a list under caps can hold, nearest first, exactly.

    Parameters: `seed`, `tag_revision`, `first`, `max_album`, `max_composer`, `max_work` and those of the filter.
    """
    steps = sql.SQL("""
        distances AS MATERIALIZED (
            SELECT e.track_id, e.embedding::vector({dimension}) <=> (SELECT v FROM seed) AS distance
            FROM {tracks} e
            WHERE e.track_id <> %(seed)s::bigint AND EXISTS (SELECT FROM seed) AND {matches}
        ),
        grouped AS (
            SELECT d.*, t.album_id, t.work_id, {people} AS people,
                   row_number() OVER (PARTITION BY t.album_id, t.work_id, {people} ORDER BY d.distance, t.id)
                       AS place_in_group
            FROM distances d JOIN tracks t ON t.id = d.track_id {credits}
        ),
        nearest AS (SELECT track_id, distance, NULL::vector AS embedding FROM grouped WHERE {within_caps})
    """).format(
        **names(space), matches=matches(where, exact=True), within_caps=WITHIN_CAPS, people=PEOPLE, credits=CREDITS
    )
    return _with_details(space, steps, embeddings=False)


def related_tracks(where: TrackFilter) -> sql.Composed:
    """The seed and tracks that match, without any comparison: same work, then same composer, same album, by id.

    Parameters: `seed`, `tag_revision`, `first`, `max_album`, `max_composer`, `max_work` and those of the filter.
    """
    return sql.SQL("""
        WITH seed AS (
            SELECT t.id, t.album_id, t.work_id, {people} AS people
            FROM tracks t {credits} WHERE t.id = %(seed)s::bigint
        ),
        grouped AS (
            SELECT t.id AS track_id, t.album_id, t.work_id, {people} AS people,
                   row_number() OVER nearness AS place,
                   row_number() OVER (PARTITION BY t.album_id, t.work_id, {people} ORDER BY t.id) AS place_in_group
            FROM tracks t CROSS JOIN seed {credits}
            WHERE t.id <> seed.id AND NOT t.missing AND {matches}
            WINDOW nearness AS (
                ORDER BY coalesce(t.work_id = seed.work_id, false) DESC,
                         coalesce({people} && seed.people, false) DESC,
                         coalesce(t.album_id = seed.album_id, false) DESC, t.id)
        ),
        found AS (
            SELECT id AS track_id, NULL::float8 AS distance, NULL::vector AS embedding, NULL::bigint AS place FROM seed
            UNION ALL
            (SELECT track_id, NULL, NULL, place FROM grouped WHERE {within_caps})
        )
        {details}
    """).format(matches=conditions(where)[0], within_caps=WITHIN_CAPS, people=PEOPLE, credits=CREDITS, details=DETAILS)


def matching_count(where: TrackFilter, at_most: int) -> tuple[sql.Composed, dict[str, Any]]:
    """How many tracks pass a filter, counted no further than `at_most`; with its parameters."""
    matches, parameters = conditions(where)
    statement = sql.SQL(
        "SELECT count(*) FROM (SELECT FROM tracks t WHERE NOT t.missing AND {matches} LIMIT {at_most}) AS matching"
    ).format(matches=matches, at_most=sql.Literal(at_most))
    return statement, parameters


def filter_parameters(where: TrackFilter) -> dict[str, Any]:
    """What the statements above call by name for a filter."""
    return {"excluded": list(where.exclude_track_ids)} | conditions(where)[1]


def patch_vectors(space: Space) -> sql.Composed:
    """The patches of a track that a range covers, the last of it where the range lies behind: their length, how far
    apart they begin, the first one's number, counted from 0, and their vectors. No row where there are none.

    Parameters: `track`, `start`, `end`.
    """
    return sql.SQL("""
        SELECT p.patch_seconds, p.hop_seconds, covered.first,
               substring(p.vectors FROM covered.first * {bytes} + 1 FOR (covered.last - covered.first + 1) * {bytes})
        FROM {patches} p
        CROSS JOIN LATERAL (
            SELECT floor((%(start)s::float8 - p.patch_seconds) / p.hop_seconds)::int + 1,
                   ceil(%(end)s::float8 / p.hop_seconds)::int - 1
        ) AS numbers (first, last)
        CROSS JOIN LATERAL (
            SELECT least(greatest(numbers.first, 0), p.patches - 1), least(numbers.last, p.patches - 1)
        ) AS covered (first, last)
        WHERE p.track_id = %(track)s::bigint AND p.patches > 0
    """).format(**names(space), bytes=sql.Literal(2 * space.dimension))


def segment_vectors(space: Space) -> sql.Composed:
    """Our own segments of a track that overlap a range, with their vectors. Parameters: `track`, `start`, `end`."""
    return sql.SQL("""
        SELECT s.start_seconds, s.end_seconds, e.embedding
        FROM segments s JOIN {segments} e ON e.segment_id = s.id
        WHERE s.track_id = %(track)s::bigint AND s.source = 'segue'
          AND s.start_seconds < %(end)s::float8 AND s.end_seconds > %(start)s::float8
        ORDER BY s.start_seconds
    """).format(**names(space))


def nearest_segments(space: Space, limit: int) -> sql.Composed:
    """The segments nearest to a vector, one track left out. Parameters: `vector`, `track`."""
    if space.indexed and by_signs(space.dimension):
        among: sql.Composable = sql.SQL("""(
            WITH {relaxed}
            SELECT e.segment_id, e.track_id, e.embedding
            FROM {segments} e
            WHERE e.track_id <> %(track)s::bigint AND EXISTS (SELECT FROM relaxed) AND {there}
            ORDER BY {signs} <~> (SELECT binary_quantize(%(vector)s::vector({dimension}))::bit({dimension}))
            LIMIT {alike}
        )""").format(**names(space), relaxed=RELAXED, there=THERE, signs=signs(space), alike=sql.Literal(BY_SIGNS))
    else:
        among = names(space)["segments"]
    return sql.SQL("""
        WITH nearest AS (
            SELECT e.segment_id, e.embedding::vector({dimension}) <=> %(vector)s::vector AS distance
            FROM {among} e
            WHERE e.track_id <> %(track)s::bigint AND {there}
            ORDER BY distance, segment_id LIMIT {limit}
        )
        SELECT n.distance, s.id, s.track_id, s.start_seconds, s.end_seconds, s.source, s.label
        FROM nearest n JOIN segments s ON s.id = n.segment_id
        ORDER BY n.distance, s.id
    """).format(**names(space), among=among, there=THERE, limit=sql.Literal(limit))


def nearest_segment_of_each_track(space: Space, limit: int) -> sql.Composed:
    """Each track's segment nearest to a vector, exactly, one track left out. Parameters: `vector`, `track`."""
    return sql.SQL("""
        WITH best AS MATERIALIZED (
            SELECT DISTINCT ON (e.track_id)
                   e.segment_id, e.embedding::vector({dimension}) <=> %(vector)s::vector AS distance
            FROM {segments} e
            WHERE e.track_id <> %(track)s::bigint AND {there}
            ORDER BY e.track_id, distance, e.segment_id
        ),
        nearest AS (SELECT * FROM best ORDER BY distance, segment_id LIMIT {limit})
        SELECT n.distance, s.id, s.track_id, s.start_seconds, s.end_seconds, s.source, s.label
        FROM nearest n JOIN segments s ON s.id = n.segment_id
        ORDER BY n.distance, s.id
    """).format(**names(space), there=THERE, limit=sql.Literal(limit))


def _with_details(space: Space, steps: sql.Composed, *, embeddings: bool) -> bytes:
    statement = sql.SQL("""
        WITH seed AS MATERIALIZED (
            SELECT track_id, embedding::vector({dimension}) AS v FROM {tracks} WHERE track_id = %(seed)s::bigint
        ),
        {steps},
        found AS (
            SELECT track_id, NULL::float8 AS distance, {seed_embedding} AS embedding, NULL::bigint AS place FROM seed
            UNION ALL
            SELECT track_id, distance, embedding, row_number() OVER (ORDER BY distance, track_id) FROM nearest
        )
        {details}
    """).format(
        **names(space),
        steps=steps,
        seed_embedding=sql.SQL("v" if embeddings else "NULL::vector"),
        details=DETAILS,
    )
    return statement.as_bytes(None)


def matches(where: TrackFilter, *, exact: bool) -> sql.Composable:
    """Which rows `e` of a partition may be found."""
    if not where.selects:
        if not where.exclude_track_ids:
            return THERE
        return sql.SQL("e.track_id <> ALL(%(excluded)s::bigint[]) AND {}").format(THERE)
    matching = sql.SQL("SELECT t.id FROM tracks t WHERE NOT t.missing AND {}").format(conditions(where)[0])
    if exact:
        # Filter first, then compare what is left: the array keeps PostgreSQL from walking the index instead.
        return sql.SQL(
            "e.track_id = ANY((SELECT coalesce(array_agg(id), '{{}}') FROM ({}) AS matching)::bigint[])"
        ).format(matching)
    return sql.SQL("EXISTS ({} AND t.id = e.track_id)").format(matching)


def names(space: Space) -> dict[str, sql.Composable]:
    return {
        "dimension": sql.Literal(space.dimension),
        "tracks": sql.Identifier(partition("track_embeddings", space.revision_id)),
        "segments": sql.Identifier(partition("segment_embeddings", space.revision_id)),
        "patches": sql.Identifier(partition("patch_embeddings", space.revision_id)),
    }


def signs(space: Space) -> sql.Composed:
    """The signs of a row `e`, as the index holds them."""
    return sql.SQL("binary_quantize(e.embedding::vector({dimension}))::bit({dimension})").format(
        dimension=sql.Literal(space.dimension)
    )


def _embedding(wanted: bool) -> sql.Composable:
    return sql.SQL("e.embedding") if wanted else sql.SQL("NULL::vector")
