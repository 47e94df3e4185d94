"""Operations made from the schema: for each field one that asks for it with arguments of the right kind."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)
from graphql.pyutils import Undefined

from api.schema import schema

SCHEMA = schema._schema
ROOTS = {"query": SCHEMA.query_type, "mutation": SCHEMA.mutation_type, "subscription": SCHEMA.subscription_type}
SCALARS = {
    "Int": 1,
    "Float": 1.0,
    "String": "x",
    "Boolean": True,
    "DateTime": datetime(2026, 7, 1, tzinfo=UTC).isoformat(),
}
# Whose id a field takes as `id`, where that is not what it returns.
TAKES = {"deleteUser": "User", "exportUser": "User", "node": "Track"}


def fields() -> list[tuple[str, str]]:
    """Every field of Query, Mutation and Subscription: the kind of its operation and its name."""
    return [(kind, name) for kind, root in ROOTS.items() if root for name in root.fields]


def operation(kind: str, name: str, ids: dict[str, str], **given: Any) -> dict[str, Any]:  # Any: JSON
    """Asks for one field and what is below it, with the ids of things by their type; `given` are further arguments."""
    root = ROOTS[kind]
    assert root is not None
    field = root.fields[name]
    values = {
        argument: _value(argument, definition.type, name, field, ids)
        for argument, definition in field.args.items()
        if is_required_argument(definition) or argument in ("first", "sessionId", "userId")
    } | given
    if "sessionId" in values and "userId" in values:  # a session is one user's already
        del values["userId"]
    declared = ", ".join(f"${argument}: {field.args[argument].type}" for argument in values)
    passed = ", ".join(f"{argument}: ${argument}" for argument in values)
    head, call = (f"{kind}({declared})", f"{name}({passed})") if values else (kind, name)
    return {"query": f"{head} {{ {call}{selection(field.type)} }}", "variables": values}


def selection(of_type: GraphQLOutputType, depth: int = 2) -> str:
    """Every field below, so many levels down, that takes no argument."""
    named = get_named_type(of_type)
    if is_leaf_type(named):
        return ""
    found = ["__typename"]
    if not isinstance(named, GraphQLUnionType):
        assert isinstance(named, GraphQLObjectType | GraphQLInterfaceType)
        for name, field in named.fields.items():
            if any(map(is_required_argument, field.args.values())):
                continue
            if is_leaf_type(get_named_type(field.type)):
                found.append(name)
            elif depth > 1:
                found.append(name + ("(first: 1)" if "first" in field.args else "") + selection(field.type, depth - 1))
    return f" {{ {' '.join(found)} }}"


def _value(
    argument: str, of_type: GraphQLInputType, field_name: str, field: GraphQLField | None, ids: dict[str, str]
) -> Any:  # Any: JSON
    inner = of_type.of_type if isinstance(of_type, GraphQLNonNull) else of_type
    if isinstance(inner, GraphQLList):
        return [_value(argument, inner.of_type, field_name, field, ids)]
    if isinstance(inner, GraphQLEnumType):
        return next(iter(inner.values))
    if isinstance(inner, GraphQLInputObjectType):
        return {
            name: _value(name, entry.type, field_name, None, ids)
            for name, entry in inner.fields.items()
            if is_required_input_field(entry) and entry.default_value is Undefined
        }
    if inner.name != "ID":
        return SCALARS[inner.name]
    return ids[_kind(argument, field_name, field)]


def _kind(argument: str, field_name: str, field: GraphQLField | None) -> str:
    for ending, kind in (
        ("rackId", "Track"),
        ("like", "Track"),
        ("userId", "User"),
        ("sessionId", "Session"),
        ("jobId", "Job"),
    ):
        if argument.endswith(ending):
            return kind
    if field_name in TAKES or field is None:
        return TAKES.get(field_name, "Track")
    return get_named_type(field.type).name
