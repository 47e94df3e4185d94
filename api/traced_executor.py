"""Executes operations as `PlainExecutor` does, with a span for every resolver that waits for something."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from graphql import GraphQLObjectType
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import Path

from api.executor import PlainExecutor
from domain.tracing import Tracer


class TracedExecutor(PlainExecutor):
    """For operations whose context has a tracer."""

    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: FieldDetailsList,
        path: Path,
        position_context: Any,
    ) -> Any:  # Any: as in graphql-core
        result = super().execute_field(parent_type, source, field_details_list, path, position_context)
        if not self.is_awaitable(result):
            return result
        name = f"{parent_type.name}.{field_details_list[0].node.name.value}"
        return _spanned(self.context_value.services.tracer, name, result)


async def _spanned(tracer: Tracer, name: str, result: Awaitable[Any]) -> Any:  # Any: what the field resolves to
    with tracer.span(name):
        return await result
