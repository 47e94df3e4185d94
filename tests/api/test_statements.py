"""How many SQL statements a query takes, whatever the number of rows: N + 1 cannot creep in."""

from __future__ import annotations

import pytest

from domain.ids import encode
from tests.api.client import Client
from tests.api.test_similar import PANEL
from tests.small_archive import SmallArchive

pytestmark = pytest.mark.anyio


@pytest.fixture
async def warm(client: Client, archive: SmallArchive) -> Client:
    """A client of a service that has answered before: it knows the spaces for a second, and the keys for good."""
    await client.data("query($id: ID!) { recommendSimilar(trackId: $id) { id } }", id=seed(archive))
    return client


def seed(archive: SmallArchive) -> str:
    return encode("Track", archive.tracks["Prelude"])


async def test_a_list_of_recommendations_takes_one(warm: Client, archive: SmallArchive) -> None:
    await warm.data(
        """query($id: ID!) { recommendSimilar(trackId: $id, first: 20) { id strategy space { name } items { rank score
            track { id title position disc durationSeconds composer { id name } album { id title } }
            reasons { kind text }
        } } }""",
        id=seed(archive),
    )
    assert warm.statements == 1


async def test_the_panel_takes_two_the_track_and_its_list(warm: Client, archive: SmallArchive) -> None:
    await warm.data(PANEL, id=seed(archive))
    assert warm.statements == 2


async def test_reasons_find_the_track_that_was_read_before(warm: Client, archive: SmallArchive) -> None:
    await warm.data(
        "query($id: ID!) { track(id: $id) { similar { items { reasons { track { title album { artist } } } } } } }",
        id=seed(archive),
    )
    assert warm.statements == 2


async def test_the_albums_of_recommendations_are_read_together(warm: Client, archive: SmallArchive) -> None:
    await warm.data(
        "query($id: ID!) { recommendSimilar(trackId: $id) { items { track { album { artist dateFrom dateTo } } } } }",
        id=seed(archive),
    )
    assert warm.statements == 2


async def test_a_page_takes_one_and_its_count_another(warm: Client) -> None:
    await warm.data("{ tracks { nodes { title album { title artist } composer { name } } } }")
    assert warm.statements == 1
    await warm.data("{ tracks { totalCount nodes { title } } }")
    assert warm.statements == 2


async def test_each_kind_of_detail_takes_one_for_all_tracks(warm: Client) -> None:
    await warm.data("{ tracks { nodes { performers { name } tags { name } segments { id } status audioUrl } } }")
    assert warm.statements == 1 + 5


async def test_tracks_of_all_albums_take_one_and_their_counts_another(warm: Client) -> None:
    await warm.data(
        """{ albums { nodes { title tracks(first: 2) { totalCount pageInfo { hasNextPage } nodes {
            title tags { name } composer { name tracks(first: 3) { nodes { title } } }
        } } } } }"""
    )
    # Albums, their tracks, the counts, tags, and the tracks of the composers.
    assert warm.statements == 5


async def test_every_similar_list_is_a_search_of_its_own(warm: Client) -> None:
    await warm.data("{ tracks { nodes { similar(first: 1) { items { track { title } } } } } }")
    # One page of eight tracks, five of them searched once; three without embedding are searched, looked up (to say
    # whether they are silent) and given related tracks instead.
    assert warm.statements == 1 + 5 + 3 * 3


async def test_spaces_are_counted_together(warm: Client) -> None:
    await warm.data("{ spaces { name trackCount } }")
    assert warm.statements == 2


async def test_a_list_from_several_tracks_takes_two_the_seeds_and_the_search(
    warm: Client, archive: SmallArchive
) -> None:
    await warm.data(
        "query($id: ID!) { recommendFrom(like: [$id], first: 3) { id items { track { title } reasons { text } } } }",
        id=seed(archive),
    )
    assert warm.statements == 2


async def test_a_way_takes_two_its_ends_and_what_lies_between(warm: Client, archive: SmallArchive) -> None:
    await warm.data(
        """query($from: ID!, $to: ID!) { pathBetween(fromTrackId: $from, toTrackId: $to, length: 4) {
            id items { score track { title } reasons { text } } } }""",
        **{"from": seed(archive), "to": encode("Track", archive.tracks["Waltz"])},
    )
    assert warm.statements == 2
