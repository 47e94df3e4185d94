"""From the text of an operation to its answer."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from functools import lru_cache
from typing import Any, NamedTuple, TypeGuard, cast

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    OperationType,
    execute,
    parse,
    specified_rules,
    subscribe,
    validate,
)
from graphql.utilities import get_operation_ast
from strawberry.execution import optimized_is_awaitable

from api.context import Context
from api.errors import PARSE_FAILED, VALIDATION_FAILED, Formatted, formatted, refused
from api.executor import PlainExecutor
from api.limits import MAX_QUERY_LENGTH, MAX_TOKENS, SizeLimits
from api.operation_names import LONGEST, UNNAMED, UNREAD
from api.schema import schema
from api.traced_executor import TracedExecutor
from domain.errors.machine import Overloaded

# graphql-core's own schema, which Strawberry keeps inside.
SCHEMA = schema._schema
# Its size first: several of GraphQL's own rules take their time with a document that is too large.
RULES = ([SizeLimits], specified_rules)
# Knows the usual values at once, where graphql-core's own asks for attributes.
IS_AWAITABLE = cast("Callable[[Any], TypeGuard[Awaitable[ExecutionResult]]]", optimized_is_awaitable)
MAX_ERRORS = 10
# Documents kept parsed and validated: a client has a few dozen. Each has at most MAX_TOKENS tokens.
KEPT_DOCUMENTS = 128


class Prepared(NamedTuple):
    """A document that may be executed, or what is wrong with it."""

    document: DocumentNode | None
    errors: tuple[Formatted, ...]


@lru_cache(maxsize=KEPT_DOCUMENTS)
def prepare(query: str) -> Prepared:
    """Parse and validate. The result depends on the text alone."""
    if len(query) > MAX_QUERY_LENGTH:
        message = f"The operation has {len(query)} characters; {MAX_QUERY_LENGTH} are allowed."
        return Prepared(None, (formatted(GraphQLError(message), PARSE_FAILED),))
    try:
        document = parse(query, max_tokens=MAX_TOKENS)
    except GraphQLError as error:
        return Prepared(None, (formatted(error, PARSE_FAILED),))
    for rules in RULES:
        found = validate(SCHEMA, document, rules, max_errors=MAX_ERRORS)
        if found:
            return Prepared(None, tuple(formatted(error, VALIDATION_FAILED) for error in found))
    return Prepared(document, ())


@lru_cache(maxsize=KEPT_DOCUMENTS)
def name_of(query: str, operation_name: str | None) -> str:
    """What the operation calls itself, for who counts it."""
    document = prepare(query).document
    operation = None if document is None else get_operation_ast(document, operation_name)
    if operation is None:
        return UNREAD
    return operation.name.value[:LONGEST] if operation.name else UNNAMED


async def answer(
    query: str,
    variables: dict[str, Any] | None,  # Any: JSON
    operation_name: str | None,
    context: Context,
    *,
    only_queries: bool = False,
) -> Formatted:
    """The response to one operation: `data`, `errors`, or both. Never raises for what the operation says or does."""
    document, errors = prepare(query)
    if document is None:
        return {"errors": list(errors)}
    type_ = _operation_type(document, operation_name)
    if only_queries and type_ not in (OperationType.QUERY, None):
        return refused("GET only answers queries; send this with POST.")
    if type_ is OperationType.SUBSCRIPTION:
        return refused("Subscriptions are answered over WebSocket, or to who accepts text/event-stream.")
    result = execute(
        SCHEMA,
        document,
        context_value=context,
        variable_values=variables,
        operation_name=operation_name,
        executor_class=PlainExecutor if context.services.tracer is None else TracedExecutor,
        is_awaitable=IS_AWAITABLE,
    )
    return _response(await result if IS_AWAITABLE(result) else cast("ExecutionResult", result))


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
    document, errors = prepare(query)
    type_ = None if document is None else _operation_type(document, operation_name)
    if document is None:
        yield {"errors": list(errors)}
    elif no_mutations and type_ is OperationType.MUTATION:
        yield refused("Send mutations with POST.")
    elif type_ is not OperationType.SUBSCRIPTION:
        try:
            with context.services.gate.one():
                response = await answer(query, variables, operation_name, context)
        except Overloaded as error:
            response = {"errors": [formatted(GraphQLError(str(error), original_error=error))]}
        yield response
    else:
        try:
            with context.services.subscriptions.one():
                async with aclosing(_subscribed(document, variables, operation_name, context)) as responses:
                    async for response in responses:
                        yield response
        except Exception as error:
            # The source of events failed; what fails within an event is in its response.
            yield {"errors": [formatted(GraphQLError(str(error), original_error=error))]}


async def _subscribed(
    document: DocumentNode,
    variables: dict[str, Any] | None,  # Any: JSON
    operation_name: str | None,
    context: Context,
) -> AsyncGenerator[Formatted, None]:
    started = subscribe(
        SCHEMA, document, context_value=context, variable_values=variables, operation_name=operation_name
    )
    source = await started if IS_AWAITABLE(started) else started
    if isinstance(source, ExecutionResult):
        yield {"errors": [formatted(error) for error in source.errors or ()]}
        return
    async with aclosing(cast("AsyncGenerator[ExecutionResult, None]", source)) as events:
        async for event in events:
            yield _response(event)


def _response(result: ExecutionResult) -> Formatted:
    if not result.errors:
        return {"data": result.data}
    return {"data": result.data, "errors": [formatted(error) for error in result.errors]}


def _operation_type(document: DocumentNode, operation_name: str | None) -> OperationType | None:
    operation = get_operation_ast(document, operation_name)
    return None if operation is None else operation.operation
