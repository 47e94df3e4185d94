"""The search box of a frontend."""

from __future__ import annotations

import pytest

from tests.api.client import Client

pytestmark = pytest.mark.anyio

SEARCH = """query($text: String!, $first: Int! = 10) { search(text: $text, first: $first) {
    tracks { title album { title } composer { name } } albums { title artist } composers { name }
} }"""


async def test_each_kind_in_a_list_of_its_own(client: Client) -> None:
    assert (await client.data(SEARCH, text="clara"))["search"] == {
        "tracks": [
            {"title": "Élégie", "album": {"title": "Ära"}, "composer": {"name": "Clara Schumann"}},
            {"title": "Newcomer", "album": {"title": "Undated"}, "composer": {"name": "Clara Schumann"}},
            {"title": "Waltz", "album": {"title": "Ära"}, "composer": {"name": "Clara Schumann"}},
        ],
        "albums": [{"title": "Ära", "artist": None}, {"title": "Undated", "artist": "Ana Lima"}],
        "composers": [{"name": "Clara Schumann"}],
    }


async def test_typing_goes_on(client: Client) -> None:
    for typed in ("pre", "prel", "prelu", "prelude", "prelud bach", "PRÉLUDE Lima", "perlude"):
        found = await client.data("query($text: String!) { search(text: $text) { tracks { title } } }", text=typed)
        assert found == {"search": {"tracks": [{"title": "Prelude"}]}}


async def test_first_counts_for_each_list(client: Client) -> None:
    found = (await client.data(SEARCH, text="clara", first=1))["search"]
    assert [len(found[kind]) for kind in ("tracks", "albums", "composers")] == [1, 1, 1]


@pytest.mark.parametrize("text", ["", "   ", "&|!", "\0", "🎻"])
async def test_nothing_typed_finds_nothing(client: Client, text: str) -> None:
    assert (await client.data(SEARCH, text=text))["search"] == {"tracks": [], "albums": [], "composers": []}
    assert client.statements == 0


async def test_a_text_that_is_too_long(client: Client) -> None:
    error = await client.error(SEARCH, text="x" * 10_000)
    assert error["message"] == "The search text is 10000 characters long; it takes up to 200."
    assert error["extensions"] == {"code": "SEARCH_TEXT_TOO_LONG", "length": 10_000, "maximum": 200}


@pytest.mark.parametrize("first", [0, -1, 101, 2**31 - 1])
async def test_how_many_may_be_asked_for(client: Client, first: int) -> None:
    assert await client.code(SEARCH, text="bach", first=first) == "INVALID_PAGE_SIZE"


async def test_only_what_is_selected_is_searched_for(client: Client) -> None:
    await client.data('{ search(text: "bach", first: 1) { composers { name } } }')
    # The composers that match, and their rows.
    assert client.statements == 2
    await client.data('{ search(text: "bach", first: 1) { composers { name } tracks { title } } }')
    assert client.statements == 4
