"""Operations that are refused before anything runs, or given up."""

from domain.errors.base import SegueError


class OperationTooExpensive(SegueError):
    """The operation costs up to {cost}; {limit} are allowed. Ask for shorter lists (`first`), or for less in each of
    their entries."""

    code = "OPERATION_TOO_EXPENSIVE"


class IntrospectionOff(SegueError):
    """This server does not describe its schema. It is published as api/schema.graphql."""

    code = "INTROSPECTION_OFF"


class GraphiqlOff(SegueError):
    """There is no GraphiQL on this server. Send operations with POST, as application/json."""

    code = "GRAPHIQL_OFF"


# The words are Apollo's protocol: clients know a hash that must be sent with its text by them.
class PersistedQueryNotFound(SegueError):
    """PersistedQueryNotFound"""

    code = "PERSISTED_QUERY_NOT_FOUND"


class PersistedQueryMismatch(SegueError):
    """The SHA-256 of `query` is not the one in `extensions.persistedQuery.sha256Hash`."""

    code = "PERSISTED_QUERY_MISMATCH"


class OperationNotAllowed(SegueError):
    """This server only answers operations that it knows. Whoever runs it puts them into SEGUE_QUERIES_DIR as .graphql
    files."""

    code = "OPERATION_NOT_ALLOWED"


class QueryFileInvalid(SegueError):
    """The file of queries '{path}' cannot be used: {reason}"""

    code = "QUERY_FILE_INVALID"


class StatementTimeout(SegueError):
    """The database was given {seconds} s for a part of this, and did not finish. Ask for less at once. Whoever runs
    this service can allow more with SEGUE_STATEMENT_TIMEOUT_SECONDS."""

    code = "STATEMENT_TIMEOUT"
