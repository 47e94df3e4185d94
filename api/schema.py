"""The GraphQL schema. `python -m api.schema` writes it to `api/schema.graphql`, where clients and reviews read it."""

from __future__ import annotations

from pathlib import Path

import strawberry
from graphql import GraphQLSchema

from api.mutation import Mutation
from api.query import Query
from api.subscription import Subscription
from api.types.resolved import role_of

PRINTED = Path(__file__).parent / "schema.graphql"


def require_declared(schema: GraphQLSchema) -> None:
    """Raises TypeError unless every field of Query, Mutation and Subscription says who may ask for it: what was
    forgotten is served to nobody."""
    for root in (schema.query_type, schema.mutation_type, schema.subscription_type):
        for name, field in root.fields.items() if root else ():
            if role_of(field.extensions["strawberry-definition"]) is None:
                raise TypeError(f"{root}.{name} does not say who may ask for it: declare it with `by=Role…`")


schema = strawberry.Schema(query=Query, mutation=Mutation, subscription=Subscription)
require_declared(schema._schema)


def printed() -> str:
    """The schema in GraphQL's own language."""
    return schema.as_str() + "\n"


if __name__ == "__main__":
    PRINTED.write_text(printed(), encoding="utf-8")
