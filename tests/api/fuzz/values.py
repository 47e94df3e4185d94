"""Values for arguments, by their types: those that fit, and those that somebody would try."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_required_argument,
)
from hypothesis import strategies as st

from tests.api.fuzz.generated import DATES, KINDS, MOMENTS, SPACES

Pool = Mapping[str, Sequence[str]]
Values = st.SearchStrategy[Any]  # Any: JSON

INTS = (0, -1, 1, 2, 100, 101, 2**31 - 1, -(2**31), 2**31, 2**63, -(2**63), 1.5, 20.0, 1e308, True, "7", [1])
FLOATS = (0, -0.0, -1.0, 1e-308, 5e-324, 1e308, -1e308, 59.9999, 60.5, 2**53 + 1, "1", True, {})
TEXTS = (
    "",
    " ",
    "\0",
    "a\0b",
    "x" * 201,
    "x" * 20_000,
    "\u202e",
    "𝄞🎻",
    "é",
    "\ufffe",
    "%",
    "\\",
    "'",
    '"',
    "$1",
    "{0}",
    "%s",
)
TEXTS += (
    "musicnn-mtt",
    "composer=%",
    "stale",
    "../../x.flac",
    "/etc/passwd",
    "s3://x/y",
    "audio/flac\r\nX: y",
    "NaN",
    "null",
)
IDS = (
    "",
    "x",
    "7",
    "\0",
    "🎻",
    *(
        base64.b64encode(text.encode()).decode()
        for text in (
            "Track:0",
            "Track:-1",
            "Track:9223372036854775807",
            "Track:9223372036854775808",
            "Track:1e3",
            "Track: 1",
            "Track:١",
            "Track:1:2",
            ":1",
            "Track:",
            "User:x",
            "User:00000000-0000-0000-0000-000000000000",
            "Session:{}",
            "Job:1",
            "\0:1",
        )
    ),
)


def arguments(field: GraphQLField, pool: Pool) -> Values:
    """Arguments of a field as variables: one is anything, the others fit."""
    names = sorted(field.args)

    @st.composite
    def chosen(draw: st.DrawFn) -> dict[str, Any]:  # Any: JSON
        wild = draw(st.sampled_from(names))
        found = {}
        for name in names:
            type_ = field.args[name].type
            if name == wild:
                found[name] = draw(anything(name, type_, pool))
            elif is_required_argument(field.args[name]) or draw(st.booleans()):
                found[name] = draw(fitting(name, type_, pool, field))
        return found

    return chosen()


def fitting(name: str, type_: GraphQLInputType, pool: Pool, field: GraphQLField | None = None) -> Values:
    """Values that are likely to be taken."""
    type_ = get_nullable_type(type_)
    if isinstance(type_, GraphQLList):
        return st.lists(fitting(name, type_.of_type, pool, field), min_size=1, max_size=3)
    if isinstance(type_, GraphQLEnumType):
        return st.sampled_from(sorted(type_.values))
    if isinstance(type_, GraphQLInputObjectType):
        return st.fixed_dictionaries(
            {key: fitting(key, value.type, pool) for key, value in type_.fields.items() if is_required(value.type)},
            optional={
                key: fitting(key, value.type, pool)
                for key, value in type_.fields.items()
                if not is_required(value.type)
            },
        )
    kind = KINDS.get(name) or (get_named_type(field.type).name if field else "")
    return {
        "Int": st.integers(1, 5),
        "Float": st.floats(0, 1),
        "Boolean": st.booleans(),
        "ID": st.sampled_from(list(pool.get(kind) or pool["Track"])),
        "Date": st.just(DATES[0]),
        "DateTime": st.just(MOMENTS[0]),
    }.get(type_.name, st.sampled_from(SPACES[:1] if name == "space" else ["Bach", "prelude.flac"]))


def anything(name: str, type_: GraphQLInputType, pool: Pool) -> Values:
    """Values of the type, at its edges, and beyond them."""
    if not isinstance(type_, GraphQLNonNull):
        return st.one_of(st.none(), anything(name, GraphQLNonNull(type_), pool))
    type_ = type_.of_type
    if isinstance(type_, GraphQLList):
        entry = anything(name, type_.of_type, pool)
        return st.one_of(st.lists(entry, max_size=4), entry, entry.map(lambda value: [value] * 1_001))
    if isinstance(type_, GraphQLEnumType):
        return st.sampled_from([*sorted(type_.values), "knn", "", 1])
    if isinstance(type_, GraphQLInputObjectType):
        return st.fixed_dictionaries(
            {}, optional={key: anything(key, value.type, pool) for key, value in type_.fields.items()}
        )
    text = st.one_of(st.sampled_from(TEXTS), st.text(max_size=300))
    everything = sorted({id_ for ids in pool.values() for id_ in ids})
    return {
        "Int": st.one_of(st.sampled_from(INTS), st.integers(-(2**31), 2**31 - 1)),
        "Float": st.one_of(st.sampled_from(FLOATS), st.floats(allow_nan=False, allow_infinity=False)),
        "Boolean": st.sampled_from([True, False, 0, "true"]),
        "ID": st.one_of(st.sampled_from(everything), st.sampled_from(IDS), text, st.integers(0, 2**64)),
        "Date": st.one_of(st.sampled_from(DATES), text),
        "DateTime": st.one_of(st.sampled_from(MOMENTS), text),
    }.get(type_.name, text)


def is_required(type_: GraphQLInputType) -> bool:
    return isinstance(type_, GraphQLNonNull)


def operation(kind: str, name: str, field: GraphQLField, given: Mapping[str, Any]) -> str:
    """An operation on one root field that takes each given argument from a variable."""
    variables = "(" + " ".join(f"${argument}: {field.args[argument].type}" for argument in given) + ")"
    passed = "(" + " ".join(f"{argument}: ${argument}" for argument in given) + ")"
    # A track leads to others in many ways.
    below = selection(field.type, 2 if get_named_type(field.type).name == "Track" else 3)
    return f"{kind}{variables if given else ''} {{ {name}{passed if given else ''}{below} }}"


def selection(type_: GraphQLOutputType, depth: int) -> str:
    """Everything below that takes no argument, to this depth."""
    named = get_named_type(type_)
    if is_leaf_type(named):
        return ""
    if isinstance(named, GraphQLInterfaceType):
        return " { __typename id }"
    assert isinstance(named, GraphQLObjectType)
    parts = [
        f"{name}{selection(field.type, depth - 1)}"
        for name, field in named.fields.items()
        if _takes_nothing(field.args) and (depth > 1 or is_leaf_type(get_named_type(field.type)))
    ]
    return " { __typename " + " ".join(parts) + " }"


def _takes_nothing(args: Mapping[str, GraphQLArgument]) -> bool:
    return not any(is_required_argument(argument) for argument in args.values())
