"""What a client asks to be executed, read from the JSON that it sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from api.documents import prepare
from api.persisted import KnownQueries

# A full batch of interactions has 7,000 values.
MAX_VALUES = 20_000
MAX_NESTING = 12


class BadRequest(Exception):
    """The request is no GraphQL request; `status` is HTTP's."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)


class Requested(NamedTuple):
    """Text, variables and name of an operation."""

    query: str
    variables: dict[str, Any] | None  # Any: JSON
    operation_name: str | None


def requested(parameters: object, known: KnownQueries) -> Requested:
    """The operation that `parameters` ask for, in its own words or by what it is known under.

    Raises BadRequest, PersistedQueryNotFound, PersistedQueryMismatch and OperationNotAllowed.
    """
    if isinstance(parameters, list):
        raise BadRequest(400, "Send one operation at a time; a batch is not answered.")
    if not isinstance(parameters, Mapping):
        raise BadRequest(400, "The body is no JSON object.")
    variables, name = parameters.get("variables"), parameters.get("operationName")
    if not isinstance(variables, dict | None):
        raise BadRequest(400, "`variables` is no JSON object.")
    if not isinstance(name, str | None):
        raise BadRequest(400, "`operationName` is no text.")
    if variables:
        _require_bounded(variables)
    query, hash_, document_id = _text(parameters, "query"), _hash(parameters), _text(parameters, "documentId")
    if query is None and hash_ is None and document_id is None:
        raise BadRequest(400, "`query` is missing: the text of a GraphQL operation.")
    text = known.text(query, hash_, document_id)
    if query is not None and hash_ is not None and prepare(query).document is not None:
        known.learn(query)
    return Requested(text, variables, name)


def _text(parameters: Mapping[str, Any], name: str) -> str | None:  # Any: JSON
    value = parameters.get(name)
    return value if isinstance(value, str) and value.strip() else None


def _hash(parameters: Mapping[str, Any]) -> str | None:  # Any: JSON
    match parameters.get("extensions"):
        case {"persistedQuery": {"sha256Hash": str(hash_), "version": 1}}:
            return hash_.lower()
        case {"persistedQuery": _}:
            raise BadRequest(400, "`extensions.persistedQuery` takes `version` 1 and a `sha256Hash`.")
    return None


def _require_bounded(variables: dict[str, Any]) -> None:  # Any: JSON
    """Raises BadRequest for more values, or deeper ones, than any operation takes."""
    level, found = [variables], 0
    for _ in range(MAX_NESTING):
        deeper: list[Any] = []
        for value in level:
            found += len(value)
            inside = value.values() if isinstance(value, dict) else value
            deeper += [entry for entry in inside if isinstance(entry, dict | list)]
        if found > MAX_VALUES:
            raise BadRequest(400, f"`variables` hold more than {MAX_VALUES} values.")
        if not deeper:
            return
        level = deeper
    raise BadRequest(400, f"`variables` are nested deeper than {MAX_NESTING} levels.")
