"""What API Gateway's JWT authorizer verified, out of the event that Lambda was called with.

Nothing that a client sends gets there: the gateway writes `requestContext` itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.types import Scope

from api.oidc import Claims


def verified_claims(scope: Scope) -> Claims | None:
    """The claims of the token that the gateway let in; None on a route without authorizer."""
    found: Any = scope.get("aws.event")  # Any: JSON
    for step in ("requestContext", "authorizer", "jwt", "claims"):
        found = found.get(step) if isinstance(found, Mapping) else None
    if not isinstance(found, Mapping):
        return None
    return {name: _unfolded(value) for name, value in found.items()}


def _unfolded(value: object) -> object:
    """The gateway writes lists as `[a b]`."""
    if isinstance(value, str) and value.startswith("[") and value.endswith("]"):
        return value[1:-1].split()
    return value
