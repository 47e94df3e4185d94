"""Which tracks may appear, as SQL: the one meaning that a `TrackFilter` has, in lists and in recommendations."""

from __future__ import annotations

from typing import Any

from psycopg import sql

from domain.recommendations import TrackFilter
from domain.spaces import DEFAULT_SPACE

# Each fragment is a condition on the row `t` of `tracks`, with the parameters it names.
_ALBUMS = sql.SQL("t.album_id = ANY(%(filter_album_ids)s::bigint[])")
# A track may have several composers; the first is in its row. An array that is made once can be looked up by index.
_COMPOSERS = sql.SQL(
    "t.id = ANY(ARRAY(SELECT ft.id FROM tracks ft WHERE ft.composer_id = ANY(%(filter_composer_ids)s::bigint[])"
    " UNION SELECT fc.track_id FROM track_composers fc WHERE fc.composer_id = ANY(%(filter_composer_ids)s::bigint[])))"
)
_WORKS = sql.SQL("t.work_id = ANY(%(filter_work_ids)s::bigint[])")
_PERFORMERS = sql.SQL(
    "EXISTS (SELECT FROM track_performers fp JOIN performers fn ON fn.id = fp.performer_id"
    " WHERE fp.track_id = t.id AND fn.name = ANY(%(filter_performers)s::text[]))"
)
_TAGS = sql.SQL(
    "EXISTS (SELECT FROM track_tags ft WHERE ft.track_id = t.id"
    " AND ft.revision_id = (SELECT active_revision_id FROM spaces WHERE name = %(filter_space)s)"
    " AND ft.top @> %(filter_tags)s::text[])"
)
_MIN_DURATION = sql.SQL("t.duration_seconds >= %(filter_min_duration_seconds)s::float8")
_MAX_DURATION = sql.SQL("t.duration_seconds <= %(filter_max_duration_seconds)s::float8")
# The album's dates overlap the years; a date with one end known is that day. Years are compared as numbers, since
# PostgreSQL has no date for every one that a client can write.
_YEARS = sql.SQL(
    "EXISTS (SELECT FROM albums fa WHERE fa.id = t.album_id"
    " AND extract(year FROM coalesce(fa.date_to, fa.date_from)) >= coalesce(%(filter_year_from)s::int, -2147483648)"
    " AND extract(year FROM coalesce(fa.date_from, fa.date_to)) <= coalesce(%(filter_year_to)s::int, 2147483647))"
)
_EXCLUDED = sql.SQL("t.id <> ALL(%(filter_exclude_track_ids)s::bigint[])")


def conditions(where: TrackFilter) -> tuple[sql.Composable, dict[str, Any]]:  # Any: parameters of every type
    """A boolean expression over the row `t` of `tracks` (TRUE for an empty filter) and the parameters it binds.

    The parameters' names begin with `filter_`; the expression's own aliases begin with `f`. Nothing of the filter
    becomes part of the text, so that filters of one shape share a prepared statement.
    """
    parts: list[sql.SQL] = []
    parameters: dict[str, Any] = {}

    def require(condition: sql.SQL, **values: Any) -> None:
        parts.append(condition)
        parameters.update({f"filter_{name}": value for name, value in values.items()})

    if where.album_ids:
        require(_ALBUMS, album_ids=list(where.album_ids))
    if where.composer_ids:
        require(_COMPOSERS, composer_ids=list(where.composer_ids))
    if where.work_ids:
        require(_WORKS, work_ids=list(where.work_ids))
    if where.performers:
        require(_PERFORMERS, performers=[name for name in where.performers if _can_be_stored(name)])
    if where.tags:
        require(_TAGS, space=DEFAULT_SPACE, tags=list(where.tags))
    if where.min_duration_seconds is not None:
        require(_MIN_DURATION, min_duration_seconds=where.min_duration_seconds)
    if where.max_duration_seconds is not None:
        require(_MAX_DURATION, max_duration_seconds=where.max_duration_seconds)
    if where.year_from is not None or where.year_to is not None:
        require(_YEARS, year_from=where.year_from, year_to=where.year_to)
    if where.exclude_track_ids:
        require(_EXCLUDED, exclude_track_ids=list(where.exclude_track_ids))
    return (sql.SQL(" AND ").join(parts) if parts else sql.SQL("TRUE")), parameters


def _can_be_stored(text: str) -> bool:
    """Whether PostgreSQL's `text` can hold it at all: no NUL, no half of a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
