"""Documents: parsed, validated and counted once, and kept for those who send them again."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from graphql import (
    DocumentNode,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    parse,
    specified_rules,
    validate,
)

from api.cost import Cost, Counting, TooManyFields
from api.errors import PARSE_FAILED, VALIDATION_FAILED, Formatted, formatted
from api.limits import MAX_QUERY_LENGTH, MAX_TOKENS, TOO_MANY_FIELDS, SizeLimits
from api.operation_names import LONGEST, UNNAMED, UNREAD
from api.schema import schema

# graphql-core's own schema, which Strawberry keeps inside.
SCHEMA = schema._schema
# Its size first: several of GraphQL's own rules take their time with a document that is too large.
RULES = ([SizeLimits], specified_rules)
MAX_ERRORS = 10
# A client has a few dozen. Each takes up to 300 KB of memory: it has at most MAX_TOKENS tokens.
KEPT_DOCUMENTS = 128

# The fields of Query that answer everybody alike, and the same for a while.
SHARED = {
    "__typename",
    "album",
    "albums",
    "composers",
    "pathBetween",
    "recommendFrom",
    "recommendSimilar",
    "search",
    "searchByText",
    "similarSegments",
    "spaces",
    "track",
    "tracks",
}


class Operation(NamedTuple):
    """One operation of a document. `name` is what it is counted under; `is_shared`: everybody gets the same answer to
    it, which caches may keep."""

    name: str
    type: OperationType
    cost: Cost
    introspects: bool
    is_shared: bool


class Prepared(NamedTuple):
    """A document that may be executed, with its operations by name; or what is wrong with it."""

    document: DocumentNode | None
    errors: tuple[Formatted, ...]
    operations: dict[str | None, Operation]

    def operation(self, name: str | None) -> Operation | None:
        """The operation of this name; without one, the only one. None where it cannot be told."""
        if not name and len(self.operations) == 1:
            return next(iter(self.operations.values()))
        return self.operations.get(name)


def name_of(query: str, operation_name: str | None) -> str:
    """What the operation calls itself, for who counts it."""
    operation = prepare(query).operation(operation_name)
    return operation.name if operation else UNREAD


def type_of(query: str, operation_name: str | None) -> OperationType | None:
    """Query, mutation or subscription; None where no operation can be told."""
    operation = prepare(query).operation(operation_name)
    return operation.type if operation else None


class NotValid(Exception):
    """The document cannot be executed."""

    def __init__(self, errors: tuple[Formatted, ...]) -> None:
        self.errors = errors
        super().__init__()


def prepare(query: str) -> Prepared:
    """Parse, validate and count. The result depends on the text alone. Only what is valid is kept, so that nobody
    pushes out what others use with what is not."""
    try:
        return _valid(query)
    except NotValid as error:
        return Prepared(None, error.errors, {})


@lru_cache(maxsize=KEPT_DOCUMENTS)
def _valid(query: str) -> Prepared:
    """Raises NotValid."""
    if len(query) > MAX_QUERY_LENGTH:
        message = f"The operation has {len(query)} characters; {MAX_QUERY_LENGTH} are allowed."
        raise NotValid((formatted(GraphQLError(message), PARSE_FAILED),))
    try:
        document = parse(query, max_tokens=MAX_TOKENS)
    except GraphQLError as error:
        raise NotValid((formatted(error, PARSE_FAILED),)) from None
    for rules in RULES:
        found = validate(SCHEMA, document, rules, max_errors=MAX_ERRORS)
        if found:
            raise NotValid(tuple(formatted(_of_client(error), VALIDATION_FAILED) for error in found))
    try:
        return Prepared(document, (), _operations(document))
    except TooManyFields:
        raise NotValid((formatted(GraphQLError(TOO_MANY_FIELDS), VALIDATION_FAILED),)) from None


def _of_client(error: GraphQLError) -> GraphQLError:
    """The error itself, or another one for what Python said of a value, such as of a number of thousands of digits:
    nothing was executed yet, so it is nobody's fault but the document's."""
    if error.original_error is None or isinstance(error.original_error, GraphQLError):
        return error
    return GraphQLError("A value cannot be read.", error.nodes)


def _operations(document: DocumentNode) -> dict[str | None, Operation]:
    """Raises TooManyFields."""
    found = {}
    selections = 0
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            counting = Counting(SCHEMA, document, definition, selections)
            selections = counting.selections
            is_shared = definition.operation is OperationType.QUERY and counting.roots <= SHARED
            name = definition.name.value if definition.name else None
            found[name] = Operation(
                name[:LONGEST] if name else UNNAMED,
                definition.operation,
                counting.cost,
                counting.introspects,
                is_shared,
            )
    return found
