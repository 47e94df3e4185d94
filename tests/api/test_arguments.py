"""Whatever arguments say, the answer is data or an error with a code of ours."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.ids import encode
from tests.api.client import Client
from tests.small_archive import TAGS, SmallArchive

pytestmark = pytest.mark.anyio

QUERY = """
query($id: ID!, $first: Int!, $after: String, $space: String, $strategy: Strategy, $where: TrackFilter,
      $options: RecommendationOptions, $start: Float!, $end: Float!, $order: TrackOrder!) {
    recommendSimilar(trackId: $id, first: $first, space: $space, strategy: $strategy, filter: $where,
                     options: $options) { id items { rank track { title } } }
    similarSegments(trackId: $id, startSeconds: $start, endSeconds: $end, space: $space, first: $first) { id }
    tracks(first: $first, after: $after, filter: $where, orderBy: $order) { totalCount nodes { title } }
}
"""
EXPECTED_CODES = {
    "INVALID_ID",
    "TRACK_NOT_FOUND",
    "TRACK_NOT_EMBEDDED",
    "SPACE_NOT_FOUND",
    "SPACE_NOT_READY",
    "INVALID_PAGE_SIZE",
    "INVALID_CURSOR",
    "INVALID_SEGMENT",
    "INVALID_FILTER",
    "INVALID_OPTION",
}

numbers = st.integers(-(2**31), 2**31 - 1)
reals = st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.floats(0, 1), st.sampled_from([0, -0.0, 60]))
# JSON can hold any character but halves of surrogate pairs.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
ids = st.one_of(
    st.builds(encode, st.sampled_from(["Track", "Album", "Composer"]), st.one_of(st.integers(1, 9), numbers)), texts
)
keys = st.integers(1, 9)


def list_of(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | st.lists(values, max_size=3)


def optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | st.fixed_dictionaries({}, optional=fields)


filters = optional(
    albumIds=list_of(st.builds(encode, st.just("Album"), keys) | ids),
    composerIds=list_of(st.builds(encode, st.just("Composer"), keys)),
    excludeTrackIds=list_of(st.builds(encode, st.just("Track"), keys)),
    performers=list_of(texts | st.just("Ana Lima")),
    tags=list_of(st.sampled_from(sorted({tag for heard in TAGS.values() for tag in heard})) | texts),
    minDurationSeconds=st.none() | reals,
    maxDurationSeconds=st.none() | reals,
    yearFrom=st.none() | numbers | st.integers(1990, 2020),
    yearTo=st.none() | numbers | st.integers(1990, 2020),
)
options = optional(maxPerAlbum=st.none() | numbers, maxPerComposer=st.none() | st.integers(1, 3), diversity=reals)


@settings(
    max_examples=150,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    id=st.builds(encode, st.just("Track"), keys) | ids,
    first=st.integers(1, 100) | numbers,
    after=st.none() | texts,
    space=st.none() | texts | st.sampled_from(["musicnn-mtt", "musicnn-msd"]),
    strategy=st.none() | st.just("KNN"),
    where=filters,
    options=options,
    start=reals,
    end=reals,
    order=st.sampled_from(["CATALOGUE", "TITLE", "DURATION", "NEWEST"]),
)
async def test_no_argument_is_unexpected(client: Client, archive: SmallArchive, **variables: Any) -> None:
    response = await client.response(QUERY, **variables)
    assert set(response["data"]) == {"recommendSimilar", "similarSegments", "tracks"}
    for error in response.get("errors", ()):
        assert error["extensions"]["code"] in EXPECTED_CODES, (error, variables)
    recommended = response["data"]["recommendSimilar"]
    if recommended is not None:
        assert [item["rank"] for item in recommended["items"]] == list(range(1, len(recommended["items"]) + 1))
        assert len(recommended["items"]) <= variables["first"]
