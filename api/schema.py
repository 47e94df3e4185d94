"""The GraphQL schema. `python -m api.schema` writes it to `api/schema.graphql`, where clients and reviews read it."""

from __future__ import annotations

from pathlib import Path

import strawberry

from api.query import Query

PRINTED = Path(__file__).parent / "schema.graphql"

schema = strawberry.Schema(query=Query)


def printed() -> str:
    """The schema in GraphQL's own language."""
    return schema.as_str() + "\n"


if __name__ == "__main__":
    PRINTED.write_text(printed(), encoding="utf-8")
