"""The GraphQL schema. `python -m api.schema` writes it to `api/schema.graphql`, where clients and reviews read it."""

from __future__ import annotations

from pathlib import Path

import strawberry

from api.mutation import Mutation
from api.query import Query
from api.subscription import Subscription

PRINTED = Path(__file__).parent / "schema.graphql"

schema = strawberry.Schema(query=Query, mutation=Mutation, subscription=Subscription)


def printed() -> str:
    """The schema in GraphQL's own language."""
    return schema.as_str() + "\n"


if __name__ == "__main__":
    PRINTED.write_text(printed(), encoding="utf-8")
