"""Who may ask for what, as the schema declares it. `python -m api.access_table` writes the table in docs/access.md."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from graphql import GraphQLObjectType

from api.query import BY_KIND
from api.schema import schema
from api.types.resolved import role_of
from domain.identity import Role

DOCUMENTED = Path(__file__).parents[1] / "docs" / "access.md"
BEGIN, END = "<!-- fields -->\n", "<!-- end -->\n"

WHO = {
    Role.PUBLIC: "everybody",
    Role.USER: "the user whom it is about, curators",
    Role.CURATOR: "curators",
}
ROOTS = ("Query", "Mutation", "Subscription")


def declared() -> Iterator[tuple[str, Role]]:
    """Every field that declares a role, as `Type.field`: those of the roots first."""
    types = schema._schema.type_map
    for name in (*ROOTS, *(name for name in sorted(types) if name not in ROOTS)):
        found = types[name]
        if isinstance(found, GraphQLObjectType) and not name.startswith("__"):
            for field_name, field in found.fields.items():
                role = role_of(field.extensions["strawberry-definition"])
                if role is not None:
                    yield f"{name}.{field_name}", role


def table() -> str:
    """The fields that declare a role, and the kinds of ids that `node` takes."""
    rows = [(f"`{name}`", role) for name, role in declared()]
    rows += [(f"`Query.node`, of a {kind}", role) for kind, (role, _) in BY_KIND.items() if role is not Role.PUBLIC]
    lines = ["| field | who may ask for it |", "|---|---|", *(f"| {name} | {WHO[role]} |" for name, role in rows)]
    return "\n".join(lines) + "\n"


def documented() -> str:
    """docs/access.md with the table as it is now."""
    before, _, rest = DOCUMENTED.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + table() + END + after


if __name__ == "__main__":
    DOCUMENTED.write_text(documented(), encoding="utf-8")
