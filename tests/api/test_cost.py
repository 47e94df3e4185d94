"""What operations are counted at, in arithmetic that can be followed, and that counting itself takes no time."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLObjectType, get_introspection_query, parse

from api import prices
from api.cost import filled_in
from api.documents import SCHEMA, prepare
from api.limits import TOO_MANY_FIELDS
from api.persisted import OWN_QUERIES
from api.types.waveform import MAX_POINTS
from domain.settings import Settings

LIMIT = Settings().max_cost
README = Path(__file__).parents[2] / "README.md"


def cost(query: str, name: str | None = None, **variables: Any) -> int:  # Any: JSON
    prepared = prepare(query)
    assert prepared.errors == ()
    operation = prepared.operation(name)
    assert operation is not None
    return filled_in(operation.cost, variables)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{ __typename }", 0),
        ("{ track(id: 1) { id title } }", 1 + 2),
        # A page of 20 by default: 20 rows, and two fields of each, whether as `nodes` or as `edges { node }`.
        ("{ tracks { nodes { id title } } }", 1 + 20 + 1 + 20 * 2),
        ("{ tracks { edges { cursor node { id title } } } }", 1 + 20 + 1 + 20 * (1 + 1 + 2)),
        ("{ tracks(first: 7) { nodes { id } pageInfo { endCursor } } }", 1 + 7 + 1 + 7 * 1 + 2),
        ("{ tracks(first: 7) { totalCount } }", 1 + 7 + 20),
        ("{ albums(first: 3) { nodes { tracks(first: 5) { nodes { id } } } } }", 1 + 3 + 1 + 3 * (1 + 5 + 1 + 5)),
        ("{ recommendSimilar(trackId: 1, first: 1) { items { reasons { text } } } }", 100 + 2 + 1 + 1 * (1 + 4 * 1)),
        ("{ recommendSimilar(trackId: 1, options: { diversity: 1 }) { id } }", 100 + 2 * 10 + 200 + 1),
        ("{ recommendSimilar(trackId: 1, options: null) { id } }", 100 + 2 * 10 + 1),
        ("{ track(id: 1) { waveform(points: 4000) } }", 1 + 5 + 4_000 // 20),
        ("{ track(id: 1) { tags { name } segments { id } } }", 1 + (1 + 10 * 1) + (1 + 100 * 1)),
        ('{ search(text: "x", first: 4) { tracks { id } albums { id } } }', 1 + (200 + 4) + (100 + 4)),
        ("{ spaces { map { groups(by: COMPOSER, first: 3) { name } } } }", 1 + 20 * (1 + 200 + 3 + 3 * 1)),
        ("{ pathBetween(fromTrackId: 1, toTrackId: 2, length: 9) { items { rank } } }", 300 + 4 * 9 + 1 + 9),
        ("mutation { createUser { token } }", 4_000 + 1),
        ("mutation { endSession(id: 1) { id } }", 200 + 1),
        # What is refused when it is resolved counts as the most that is not.
        ("{ tracks(first: 2147483647) { nodes { id } } }", 1 + 100 + 1 + 100),
        ("{ tracks(first: -1) { nodes { id } } }", 1 + 0 + 1),
    ],
)
def test_fields_times_page_sizes(query: str, expected: int) -> None:
    assert cost(query) == expected


@pytest.mark.parametrize(
    ("query", "same"),
    [
        (
            "{ ...a } fragment a on Query { tracks { nodes { ...b } } } fragment b on Track { id title }",
            1 + 20 + 1 + 40,
        ),
        ("{ ... on Query { tracks { nodes { ... { id } ... on Node { title: id } } } } }", 1 + 20 + 1 + 40),
        # Selected by two fragments, executed once.
        ("{ ...a ...b ...a } fragment a on Query { spaces { id } } fragment b on Query { spaces { id name } }", 1 + 40),
        ("{ a: track(id: 1) { id } b: track(id: 1) { id } }", 2 * (1 + 1)),
        ("{ track(id: 1) { id title @skip(if: true) tags @include(if: false) { name } } }", 1 + 1),
        (
            "{ ...a @skip(if: true) ... @include(if: true) { track(id: 1) { id } } }"
            " fragment a on Query { spaces { id } }",
            1 + 1,
        ),
    ],
)
def test_fragments_aliases_and_conditions(query: str, same: int) -> None:
    assert cost(query) == same


def test_of_an_interface_the_most_expensive_type_counts() -> None:
    query = "{ node(id: 1) { id ... on Track { title arranger } ... on Album { tracks(first: 9) { nodes { id } } } } }"
    assert cost(query) == 1 + max(1 + 2, 1 + (1 + 9 + 1 + 9))


PAGE = "query($first: Int! = 4) { tracks(first: $first) { nodes { id } } }"


@pytest.mark.parametrize(
    ("variables", "size"),
    [
        ({}, 4),
        ({"first": 9}, 9),
        ({"first": 100}, 100),
        ({"first": 101}, 100),
        ({"first": -3}, 0),
        ({"first": "x"}, 100),
    ],
)
def test_variables_are_filled_in(variables: dict[str, object], size: int) -> None:
    assert cost(PAGE, **variables) == 1 + size + 1 + size


def test_without_a_default_of_its_own_a_variable_leaves_that_of_the_field() -> None:
    query = "query($first: Int = 3) { tracks(first: $first) { totalCount } albums(first: $first) { totalCount } }"
    assert cost(query) == 2 * (1 + 3 + 20)
    query = "query($points: Int!) { track(id: 1) { waveform(points: $points) } }"
    assert cost(query, points=200) == 1 + 5 + 10


def test_conditions_and_options_by_variable() -> None:
    query = """query($all: Boolean! = false, $options: RecommendationOptions) {
        recommendSimilar(trackId: 1, first: 5, options: $options) { id items @include(if: $all) { rank score } } }"""
    assert cost(query) == 100 + 10 + 1
    assert cost(query, all=True) == 100 + 10 + 1 + 1 + 5 * 2
    assert cost(query, options={}) == 100 + 10 + 200 + 1
    skipped = "query($no: Boolean!) { ...a @skip(if: $no) } fragment a on Query { spaces { id } }"
    assert (cost(skipped, no=True), cost(skipped, no=False)) == (0, 1 + 20)


def test_a_batch_counts_its_entries() -> None:
    query = "mutation($e: [InteractionInput!]!) { recordInteractions(interactions: $e) { recorded } }"
    assert cost(query, e=[{}] * 30) == 200 + 2 * 30 + 1
    assert cost(query, e=[{}] * 5_000) == 200 + 2 * 1_000 + 1
    assert cost("mutation { recordInteractions(interactions: []) { recorded } }") == 200 + 1


def test_operations_of_one_document_are_counted_by_themselves() -> None:
    both = "query a { spaces { id } } query b { track(id: 1) { id } }"
    assert (cost(both, "a"), cost(both, "b")) == (1 + 20, 2)
    assert prepare(both).operation(None) is None


@pytest.mark.parametrize(
    "query",
    [
        "{ albums(first: 100) { nodes { tracks(first: 100) { nodes { similar { id } } } } } }",
        "{ tracks(first: 100) { nodes { similar(first: 100) { id } } } }",
        "query($n: Int! = 100) { tracks(first: $n) { nodes { similar(first: $n) { items { rank } } } } }",
        "{ tracks(first: 100) { nodes { waveform(points: 4000) } } }",
        "mutation { " + " ".join(f"a{n}: createUser {{ token }}" for n in range(5)) + " }",
        "{ " + " ".join(f"a{n}: __schema {{ queryType {{ name }} }}" for n in range(6)) + " }",
        "{ albums(first: 99) { nodes { tracks(first: 99) { nodes { composer { tracks { nodes { id } } } } } } } }",
    ],
)
def test_what_multiplies_is_above_the_limit(query: str) -> None:
    assert cost(query) > LIMIT


def test_what_clients_ask_is_far_below_the_limit() -> None:
    texts = [path.read_text("utf-8") for path in OWN_QUERIES.glob("*.graphql")]
    for block in re.findall(r"```graphql\n(.*?)```", README.read_text("utf-8"), re.S):
        texts += [block[node.loc.start : node.loc.end] for node in parse(block).definitions if node.loc]
    counted = {
        (name or text[:60]): filled_in(operation.cost, {})
        for text in texts
        for name, operation in prepare(text).operations.items()
    }
    assert len(counted) >= 5
    assert {text: cost for text, cost in counted.items() if cost > LIMIT / 2} == {}
    assert cost(get_introspection_query()) == 4_000
    album_grid = "{ albums(first: 100) { nodes { id title coverUrl tracks { nodes { id title durationSeconds } } } } }"
    assert cost(album_grid) == 1 + 100 + 1 + 100 * (1 + 1 + 5 + (1 + 20 + 1 + 20 * 3)) < LIMIT


def test_what_is_priced_is_there() -> None:
    for name in (*prices.PRICES, *prices.LENGTHS):
        type_name, field = name.split(".")
        type_ = SCHEMA.type_map[type_name]
        assert isinstance(type_, GraphQLObjectType)
        assert field in type_.fields or field.startswith("__"), name
    assert prices.SIZES["points"] == MAX_POINTS


def test_the_documented_prices_are_those_that_count() -> None:
    text = prices.DOCUMENTED.read_text("utf-8")
    if text != prices.documented(text):
        pytest.fail("docs/costs.md holds other prices than api/prices.py. If those are meant: python -m api.prices")


def test_operations_of_a_document_are_counted_together() -> None:
    """Each is looked through before one of them is executed."""
    both = "similar {{ items {{ track {{ ...f{0} }} }} }} otherPerformances {{ ...f{0} }}"
    inside = " ".join(f"fragment f{n} on Track {{ id {both.format(n + 1)} }}" for n in range(3))
    fields = "fragment f3 on Track { id " + "title " * 20 + "}"
    operations = [f"query q{n} {{ track(id: 1) {{ ...f0 }} }}" for n in range(20)]
    assert prepare(" ".join([operations[0], inside, fields])).errors == ()
    started = time.perf_counter()
    [refused] = prepare(" ".join([*operations, inside, fields])).errors
    assert refused["message"] == TOO_MANY_FIELDS
    assert time.perf_counter() - started < 2


def test_documents_that_grow_with_every_level_are_refused_at_once() -> None:
    """Each fragment leads to tracks one, two, three and four levels further down, and to all that those lead to."""

    def leading(level: int) -> str:
        lists = "similar {{ items {{ track {{ ...f{} }} reasons {{ track {{ ...f{} }} }} }} }}"
        return (
            f"fragment f{level} on Track {{ id otherPerformances {{ ...f{level + 1} }}"
            f" segments {{ track {{ ...f{level + 2} }} }} {lists.format(level + 3, level + 4)} }}"
        )

    def growing(levels: int) -> str:
        ends = [f"fragment f{level} on Track {{ id }}" for level in range(levels, levels + 4)]
        return " ".join(["{ track(id: 1) { ...f0 } }", *map(leading, range(levels)), *ends])

    started = time.perf_counter()
    assert prepare(growing(4)).errors == ()
    [refused] = prepare(growing(10)).errors
    assert refused["message"] == TOO_MANY_FIELDS
    [refused] = prepare(growing(14)).errors
    assert refused["message"] == "The operation is 19 levels deep; 15 are allowed."
    assert time.perf_counter() - started < 2
