"""The schemas of releases, and what would break clients of the last one. `python -m api.released_schema` writes the
schema of this version to `api/released/`, where it stays.

What is to go is deprecated in one release and may be gone in a later one; nothing else that clients rely on goes.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from graphql import BreakingChangeType, GraphQLSchema, build_schema, find_breaking_changes
from graphql.type import GraphQLEnumType, GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType

from api.schema import printed

RELEASED = Path(__file__).parent / "released"
# What may go where the last release announced it. Whoever sends an argument or an input field cannot do without it.
MAY_GO = (BreakingChangeType.FIELD_REMOVED, BreakingChangeType.VALUE_REMOVED_FROM_ENUM)


def last_release() -> str:
    """The schema of the last release, in GraphQL's own language."""
    newest = max(RELEASED.glob("*.graphql"), key=lambda file: tuple(map(int, file.stem.split("."))))
    return newest.read_text(encoding="utf-8")


def breaking(old: str, new: str) -> list[str]:
    """What clients of the one schema cannot do with the other, in words; without what the old one announced."""
    before, after = build_schema(old), build_schema(new)
    announced = _deprecated(before)
    return [
        change.description
        for change in find_breaking_changes(before, after)
        if not (change.type in MAY_GO and any(f" {name} was removed" in change.description for name in announced))
    ]


def _deprecated(schema: GraphQLSchema) -> set[str]:
    """`Type.field` of fields and enums' values that are deprecated, as changes are described by them."""
    found = set()
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            found |= {f"{type_.name}.{name}" for name, field in type_.fields.items() if field.deprecation_reason}
        elif isinstance(type_, GraphQLEnumType):
            found |= {f"{type_.name}.{name}" for name, value in type_.values.items() if value.deprecation_reason}
    return found


if __name__ == "__main__":
    (RELEASED / f"{version('segue')}.graphql").write_text(printed(), encoding="utf-8")
