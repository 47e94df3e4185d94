"""From the text of an operation to its answer."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, TypeGuard, cast

from graphql import DocumentNode, ExecutionResult, OperationType, execute, subscribe
from strawberry.execution import optimized_is_awaitable

from api.context import Context
from api.cost import filled_in
from api.documents import SCHEMA, Operation, prepare
from api.errors import Formatted, entry, formatted, refused
from api.executor import PlainExecutor
from api.services import Services
from api.traced_executor import TracedExecutor
from domain.errors.machine import Overloaded
from domain.errors.operations import IntrospectionOff, OperationTooExpensive

# Knows the usual values at once, where graphql-core's own asks for attributes.
IS_AWAITABLE = cast("Callable[[Any], TypeGuard[Awaitable[ExecutionResult]]]", optimized_is_awaitable)


async def answer(
    query: str,
    variables: dict[str, Any] | None,  # Any: JSON
    operation_name: str | None,
    context: Context,
    *,
    only_queries: bool = False,
) -> Formatted:
    """The response to one operation: `data`, `errors`, or both, and in `extensions` what it was counted at. Never
    raises for what the operation says or does."""
    document, errors, _ = prepared = prepare(query)
    if document is None:
        return {"errors": list(errors)}
    operation = prepared.operation(operation_name)
    type_ = operation.type if operation else None
    if only_queries and type_ not in (OperationType.QUERY, None):
        return refused("GET only answers queries; send this with POST.")
    if type_ is OperationType.SUBSCRIPTION:
        return refused("Subscriptions are answered over WebSocket, or to who accepts text/event-stream.")
    extensions, refusal = _counted(operation, variables, context.services)
    if refusal is not None:
        return {"errors": [entry(refusal)], "extensions": extensions}
    result = execute(
        SCHEMA,
        document,
        context_value=context,
        variable_values=variables,
        operation_name=operation_name,
        executor_class=PlainExecutor if context.services.tracer is None else TracedExecutor,
        is_awaitable=IS_AWAITABLE,
    )
    return _response(await result if IS_AWAITABLE(result) else cast("ExecutionResult", result), extensions)


async def stream(
    query: str,
    variables: dict[str, Any] | None,  # Any: JSON
    operation_name: str | None,
    context: Context,
    *,
    no_mutations: bool,
) -> AsyncGenerator[Formatted, None]:
    """The responses to one operation: those of a subscription as they come, the one of anything else. Close it when
    nobody listens any more. Never raises for what the operation says or does."""
    document, errors, _ = prepared = prepare(query)
    operation = prepared.operation(operation_name)
    type_ = operation.type if operation else None
    if document is None:
        yield {"errors": list(errors)}
    elif no_mutations and type_ is OperationType.MUTATION:
        yield refused("Send mutations with POST.")
    elif type_ is not OperationType.SUBSCRIPTION:
        try:
            with context.services.gate.one():
                response = await answer(query, variables, operation_name, context)
        except Overloaded as error:
            response = {"errors": [entry(error)]}
        yield response
    else:
        extensions, refusal = _counted(operation, variables, context.services)
        try:
            if refusal is not None:
                raise refusal
            with context.services.subscriptions.one():
                events = _subscribed(document, variables, operation_name, context, extensions)
                async with aclosing(events) as responses:
                    async for response in responses:
                        yield response
        except Exception as error:
            # The source of events failed; what fails within an event is in its response.
            yield {"errors": [entry(error)], "extensions": extensions}


def _counted(
    operation: Operation | None,
    variables: dict[str, Any] | None,  # Any: JSON
    services: Services,
) -> tuple[Formatted, OperationTooExpensive | IntrospectionOff | None]:
    """The `extensions` of a response, and why the operation is not executed. Where no operation can be told,
    graphql-core will say so."""
    if operation is None:
        return {}, None
    cost = filled_in(operation.cost, variables)
    extensions = {"cost": cost, "costLimit": services.max_cost}
    if operation.introspects and not services.introspection:
        return extensions, IntrospectionOff()
    if cost > services.max_cost:
        return extensions, OperationTooExpensive(cost=cost, limit=services.max_cost)
    return extensions, None


async def _subscribed(
    document: DocumentNode,
    variables: dict[str, Any] | None,  # Any: JSON
    operation_name: str | None,
    context: Context,
    extensions: Formatted,
) -> AsyncGenerator[Formatted, None]:
    started = subscribe(
        SCHEMA, document, context_value=context, variable_values=variables, operation_name=operation_name
    )
    source = await started if IS_AWAITABLE(started) else started
    if isinstance(source, ExecutionResult):
        yield {"errors": [formatted(error) for error in source.errors or ()], "extensions": extensions}
        return
    async with aclosing(cast("AsyncGenerator[ExecutionResult, None]", source)) as events:
        async for event in events:
            yield _response(event, extensions)


def _response(result: ExecutionResult, extensions: Formatted) -> Formatted:
    response: Formatted = {"data": result.data}
    if result.errors:
        response["errors"] = [formatted(error) for error in result.errors]
    if extensions:
        response["extensions"] = extensions
    return response
