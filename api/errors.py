"""What clients are told when something goes wrong.

An expected error has its own message and a stable `extensions.code`; anything else is masked, and logged whole under
the request id that the client is given. No statement, path or traceback leaves the service.
"""

from __future__ import annotations

import logging
import re
from typing import Any

from graphql import GraphQLError

from api import request_ids
from domain import ids
from domain.errors import (
    access,
    artefacts,
    asking,
    curators,
    listening,
    machine,
    models,
    operations,
    storage,
    texts,
    training,
)
from domain.errors.base import Retryable, SegueError

logger = logging.getLogger("segue.api")

INTERNAL = "INTERNAL"
INTERNAL_MESSAGE = "Something went wrong on our side."
UNREACHABLE: dict[type[Exception], str] = {
    machine.DatabaseFull: "The database has no room left on its disk. Nothing can be changed until there is.",
    machine.DatabaseUnreachable: "The database does not answer. Try again in a moment.",
    machine.BrokerUnreachable: "The broker of jobs does not answer. Try again in a moment.",
    storage.StorageUnreachable: "The storage does not answer. Try again in a moment.",
    access.IssuerUnreachable: "The issuer of curators' tokens does not answer. Try again in a moment.",
}
PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
BAD_USER_INPUT = "BAD_USER_INPUT"
BAD_REQUEST = "BAD_REQUEST"

# What a client can bring about. Its message speaks of what the client sent; the details may be handed back.
EXPECTED = (
    operations.OperationTooExpensive,
    operations.IntrospectionOff,
    operations.GraphiqlOff,
    operations.PersistedQueryNotFound,
    operations.PersistedQueryMismatch,
    operations.OperationNotAllowed,
    operations.StatementTimeout,
    machine.Overloaded,
    asking.InvalidId,
    asking.TrackNotFound,
    asking.AlbumNotFound,
    asking.ComposerNotFound,
    asking.WorkNotFound,
    asking.JobNotFound,
    asking.SegmentNotFound,
    asking.SpaceNotFound,
    asking.SpaceNotReady,
    asking.TrackNotEmbedded,
    asking.StrategyNotFound,
    asking.InvalidPageSize,
    asking.InvalidCursor,
    asking.InvalidSegment,
    asking.InvalidPoints,
    asking.InvalidCoverSize,
    asking.InvalidFilter,
    asking.InvalidOption,
    asking.NothingLiked,
    asking.InvalidPathLength,
    models.ModelNotReady,
    models.ModelNotFound,
    models.StrategyNotApplicable,
    training.ModelUntrained,
    training.StrategyNotTrained,
    artefacts.ArtefactMissing,
    artefacts.ArtefactDamaged,
    asking.SearchTextTooLong,
    texts.SpaceHasNoText,
    texts.TextTowerMissing,
    texts.TextTowerDamaged,
    machine.ExtraMissing,
    asking.SpaceOfOtherWeights,
    asking.NothingToReembed,
    asking.InvalidSelection,
    asking.ConflictingArguments,
    asking.UnknownName,
    asking.JobNotResumable,
    listening.UserNotFound,
    listening.SessionNotFound,
    listening.TokenMissing,
    listening.TokenInvalid,
    listening.InvalidUserName,
    listening.BatchTooLarge,
    listening.InvalidInteraction,
    machine.BackendNotFound,
    curators.CuratorOnly,
    access.NotACurator,
    curators.ImportNotAllowed,
    curators.InvalidEdit,
    curators.NameTaken,
    machine.FolderNotFound,
    storage.UploadRefused,
    curators.SubscriptionsUnavailable,
    curators.TooManySubscriptions,
)
# Errors whose `id` is a key of this type where the domain raised them; clients know it as an id.
ABOUT: dict[type[SegueError], str] = {
    asking.TrackNotFound: "Track",
    asking.TrackNotEmbedded: "Track",
    asking.InvalidSegment: "Track",
    asking.AlbumNotFound: "Album",
    asking.ComposerNotFound: "Composer",
    asking.WorkNotFound: "Work",
}

Formatted = dict[str, Any]  # Any: JSON


def formatted(error: GraphQLError, code: str = BAD_USER_INPUT) -> Formatted:
    """One entry of `errors`. `code` is that of GraphQL's own errors at this stage."""
    answer = dict(error.formatted)
    cause = error.original_error
    if cause is None or isinstance(cause, GraphQLError):
        answer["extensions"] = {"code": code}
    else:
        answer["message"], answer["extensions"] = _told(cause, error.path)
    return answer


def entry(cause: Exception) -> Formatted:
    """One entry of `errors` for what happened outside of any field."""
    return formatted(GraphQLError(str(cause), original_error=cause))


def refused(message: str, code: str = BAD_REQUEST) -> Formatted:
    """An answer to a request that is no GraphQL request."""
    return {"errors": [{"message": message, "extensions": {"code": code}}]}


def masked(cause: BaseException, where: object) -> tuple[str, Formatted]:
    """Message and extensions for what nobody expected; the log gets the rest."""
    request_id = request_ids.current()
    logger.error("request %s failed at %s", request_id, where, exc_info=cause, extra={"request_id": request_id})
    return INTERNAL_MESSAGE, {"code": INTERNAL, "requestId": request_id}


def _told(cause: Exception, where: object) -> tuple[str, Formatted]:
    if isinstance(cause, SegueError) and type(cause) in UNREACHABLE:
        # Their reasons name hosts and sockets.
        logger.warning("%s", cause)
        extensions: Formatted = {"code": cause.code}
        if isinstance(cause, Retryable):
            extensions["retryable"] = True
        return UNREACHABLE[type(cause)], extensions
    if isinstance(cause, EXPECTED):
        return _expected(cause)
    return masked(cause, where)


def _expected(cause: SegueError) -> tuple[str, Formatted]:
    details = {name: _in_clients_words(cause, name, value) for name, value in cause.details.items()}
    extensions: Formatted = {"code": cause.code} | details
    if isinstance(cause, Retryable):
        extensions["retryable"] = True
    return str(type(cause)(**details)), extensions


def _in_clients_words(cause: SegueError, name: str, value: object) -> object:
    if name == "id" and isinstance(value, int) and type(cause) in ABOUT:
        return ids.encode(ABOUT[type(cause)], value)
    if name == "field" and isinstance(value, str):
        return re.sub(r"_(\w)", lambda letter: letter.group(1).upper(), value)
    return value
