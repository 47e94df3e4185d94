"""How large an operation may be, and that finding out takes no time."""

from __future__ import annotations

import time

import pytest
from graphql import get_introspection_query

from api import limits
from api.documents import prepare
from api.limits import (
    MAX_ALIASES,
    MAX_DEPTH,
    MAX_DIRECTIVES,
    MAX_MERGED,
    MAX_QUERY_LENGTH,
    MAX_REPEATS,
    MAX_TOKENS,
)
from tests.api.client import Client

pytestmark = pytest.mark.anyio


def message(query: str) -> str | None:
    errors = prepare(query).errors
    return str(errors[0]["message"]) if errors else None


def test_depth_is_bounded() -> None:
    assert MAX_DEPTH == 15
    assert message("{ albums { nodes { id tracks { nodes { id } } } } }") is None
    allowed = (
        "{ albums { nodes { tracks { nodes { album { tracks { nodes { album { tracks { nodes { album { tracks "
        "{ nodes { album { id } } } } } } } } } } } } } } }"
    )
    assert message(allowed) is None
    assert message(allowed.replace("{ id }", "{ tracks { totalCount } }")) == (
        "The operation is 16 levels deep; 15 are allowed."
    )


def test_depth_counts_through_fragments() -> None:
    deep = "{ albums { ...a } } fragment a on AlbumConnection { nodes { tracks { nodes { album { ...b } } } } } "
    deep += "fragment b on Album { tracks { nodes { album { tracks { nodes { album { tracks { nodes { album "
    deep += "{ tracks { totalCount } } } } } } } } } } }"
    assert message(deep) == "The operation is 16 levels deep; 15 are allowed."


def test_aliases_are_bounded() -> None:
    assert MAX_ALIASES == 30
    aliases = " ".join(f"a{number}: __typename" for number in range(30))
    assert message("{ " + aliases + " }") is None
    assert message("{ " + aliases + " b: __typename }") == "The operation has 31 aliases; 30 are allowed."


def test_aliases_count_wherever_their_fragment_is_spread() -> None:
    query = "{ a: albums { ...f } b: albums { ...f } } fragment f on AlbumConnection { %s }"
    assert message(query % " ".join(f"n{number}: totalCount" for number in range(14))) is None
    assert message(query % " ".join(f"n{number}: totalCount" for number in range(15))) == (
        "The operation has 32 aliases; 30 are allowed."
    )


def test_tokens_are_bounded() -> None:
    assert MAX_TOKENS == 1_000
    fields = "albums { totalCount } tracks { totalCount } composers { totalCount } jobs { totalCount } "
    assert (
        message(
            "{" + fields * 15 + "... on Query { " + fields * 20 + "} " + "... on Query { " + fields * 20 + "} " + "}"
        )
        is None
    )
    assert "Document contains more than 1000 tokens" in str(message("{" + fields * 63 + "}"))


def test_repeats_are_bounded() -> None:
    assert MAX_REPEATS == 20
    assert message("{" + " albums { totalCount }" * 20 + "}") is None
    assert message("{" + " albums { totalCount }" * 21 + "}") == (
        "The operation names a field 21 times in one place; 20 are allowed."
    )


@pytest.mark.parametrize(
    "repeated",
    [
        "{" + " ... {" + " albums { totalCount }" * 17 + " }" + " ... {" + " albums { totalCount }" * 17 + " }" + "%s}",
        "{ ...a ...b %s } fragment a on Query {" + " albums { totalCount }" * 17 + " }"
        " fragment b on Query {" + " albums { totalCount }" * 17 + " }",
    ],
)
def test_repeats_are_counted_through_fragments(repeated: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_MERGED == 100
    monkeypatch.setattr(limits, "MAX_MERGED", 34)
    assert message(repeated % "") is None
    assert message(repeated % " albums { nodes { id } }") == (
        "The operation names a field 35 times in one place, with its fragments put in; 34 are allowed."
    )


def test_repeats_below_repeats_are_counted_together() -> None:
    """Those of all fields that become one: 5 × 15 below each of 2."""
    parts = " ".join("albums { nodes { " + "tracks { totalCount } " * 15 + "} }" for _ in range(5))
    assert message("{ " + parts + " }") is None
    again = " ... { " + " ".join("albums { nodes { " + "tracks { totalCount } " * 15 + "} }" for _ in range(2)) + " }"
    assert message("{ " + parts + again + " }") == (
        "The operation names a field 105 times in one place, with its fragments put in; 100 are allowed."
    )
    assert message("{ " + parts + again.replace("albums", "others: albums") + " }") is None


def test_a_page_of_many_parts_is_no_repetition() -> None:
    """As clients write it that add the type of everything."""
    parts = [f"fragment p{n} on Track {{ __typename id title album {{ __typename id }} }}" for n in range(50)]
    spread = " ".join(f"...p{n}" for n in range(50))
    assert message("{ track(id: 1) { __typename " + spread + " } } " + " ".join(parts)) is None


def test_directives_are_bounded() -> None:
    assert MAX_DIRECTIVES == 50
    query = "{ ...a } fragment a on Query { " + "... @include(if: true) { __typename } " * 50 + "%s }"
    assert message(query % "") is None
    assert message(query % "a: __typename @skip(if: false)") == "There are more than 50 directives."


def test_length_is_bounded() -> None:
    comment = "#" + "x" * (MAX_QUERY_LENGTH - 20)
    assert message(comment + "\n{ __typename }") is None
    assert message(comment + "x" * 30 + "\n{ __typename }") == "The operation has 20026 characters; 20000 are allowed."


def test_fragments_that_double_at_every_level_are_counted_at_once() -> None:
    """Sixty fragments that each spread the next one twice would be 2⁶⁰ selections."""
    fragments = [f"fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }}" for n in range(60)]
    query = "{ ...f0 } " + " ".join(fragments) + " fragment f60 on Query { a: __typename }"
    started = time.perf_counter()
    assert message(query) == f"The operation has {2**60} aliases; 30 are allowed."
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize(
    "query",
    [
        "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }",
        "{ ...a } fragment a on Query { __typename ...a }",
        "{ albums { nodes { ...a } } } fragment a on Album { tracks { nodes { album { ...a } } } }",
    ],
)
def test_circular_fragments_are_refused(query: str) -> None:
    assert "within itself" in str(message(query))


def test_introspection_is_not_counted_but_bounded() -> None:
    assert message(get_introspection_query()) is None
    deep = "{ __schema { types { " + "fields { type { " * 8 + "name" + " } }" * 8 + " } } }"
    assert message(deep) == "Maximum introspection depth exceeded"


async def test_introspection_is_answered(client: Client) -> None:
    data = await client.data(get_introspection_query())
    assert data["__schema"]["queryType"] == {"name": "Query", "kind": "OBJECT"}
