"""Every field of what comes in lists is loaded for all of them at once: the schema itself is walked, so that none is
forgotten."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)
from starlette.applications import Starlette

from api.documents import SCHEMA
from domain.ids import encode
from tests.api.client import Client
from tests.api.conftest import CountingDatabase
from tests.small_archive import SmallArchive

pytestmark = pytest.mark.anyio

# How each type is had in a list, and how many statements that list takes by itself.
LISTS = {
    "Track": ("tracks(first: 100) { nodes { %s } }", 1),
    "Album": ("albums(first: 100) { nodes { %s } }", 1),
    "Composer": ("composers(first: 100) { nodes { %s } }", 1),
    # Whether the service is open to who is at the server is a statement, too.
    "Job": ("jobs(first: 100) { nodes { %s } }", 2),
    "Space": ("spaces { %s }", 1),
    "Model": ("models { %s }", 2),
    "Recommendation": ('recommendSimilar(trackId: "%(seed)s", first: 100) { items { %%s } }', 1),
    "RecommendationReason": ('recommendSimilar(trackId: "%(seed)s", first: 100) { items { reasons { %%s } } }', 1),
    "Segment": ("tracks(first: 100) { nodes { segments { %s } } }", 2),
    "Performer": ("tracks(first: 100) { nodes { performers { %s } } }", 2),
}
# Each of these is a search, or a drawing, of its own.
OF_THEIR_OWN = {("Track", "similar"), ("Segment", "similar"), ("Space", "map")}


def fields() -> Iterator[tuple[str, str]]:
    """Every field that can be asked for without arguments, of the types in `LISTS`."""
    for name in LISTS:
        type_ = SCHEMA.type_map[name]
        assert isinstance(type_, GraphQLObjectType)
        for field, definition in type_.fields.items():
            if (name, field) not in OF_THEIR_OWN and not any(map(is_required_argument, definition.args.values())):
                yield name, field


def selection(field: str, definition: GraphQLField) -> str:
    """The field, and of an object as little as can be asked for."""
    of_type = get_named_type(definition.type)
    if is_leaf_type(of_type):
        return field
    assert isinstance(of_type, GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType)
    is_connection = not isinstance(of_type, GraphQLUnionType) and {"edges", "nodes"} <= set(of_type.fields)
    return f"{field} {{ nodes {{ __typename }} }}" if is_connection else f"{field} {{ __typename }}"


@pytest.fixture
async def warm(app: Starlette, database: CountingDatabase, archive: SmallArchive) -> AsyncIterator[Client]:
    """At the server; it knows the spaces for a second, and the keys for good."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as http:
        client = Client(http, database)
        await _warmed(client, archive)
        yield client


async def _warmed(client: Client, archive: SmallArchive) -> None:
    await client.data('query { recommendSimilar(trackId: "%s") { id } }' % seed(archive))  # noqa: UP031 -- braces


def seed(archive: SmallArchive) -> str:
    return encode("Track", archive.tracks["Prelude"])


@pytest.mark.parametrize(("type_name", "field"), list(fields()))
async def test_a_field_of_all_takes_one_statement_at_most(
    warm: Client, archive: SmallArchive, type_name: str, field: str
) -> None:
    type_ = SCHEMA.type_map[type_name]
    assert isinstance(type_, GraphQLObjectType)
    list_, statements = LISTS[type_name]
    list_ = list_ % {"seed": seed(archive)} if "seed" in list_ else list_
    await warm.data("{ %s }" % (list_ % selection(field, type_.fields[field])))
    assert warm.statements <= statements + 1
