"""Declares a field that a method resolves, or whose events it yields, and who may ask for it.

A field without `by` may be asked for by whoever got hold of its object; fields of Query, Mutation and Subscription must
name a role (`api.schema` refuses them otherwise). What everybody may ask for is not touched, and costs nothing.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from functools import wraps
from typing import TYPE_CHECKING, Any

import strawberry
from strawberry.types.field import StrawberryField

from api.access import require
from domain.identity import Role

if TYPE_CHECKING:
    from api.context import Info

# Where a field's role is found again.
ROLE = "role"
SAID = {
    None: "",
    Role.PUBLIC: "",
    Role.USER: " For the user whom it is about, by their token, and for curators.",
    Role.CURATOR: " For curators.",
}

Resolver = Callable[..., Any]  # Any: resolvers of every shape


def resolved(description: str, *, by: Role | None = None) -> Callable[[Resolver], StrawberryField]:
    """`strawberry.field` as a decorator, with types. Others than `by` are refused before the method runs."""

    def declared(resolver: Resolver) -> StrawberryField:
        decorator: Callable[[Resolver], StrawberryField] = strawberry.field(
            description=description + SAID[by], metadata={ROLE: by}
        )
        return decorator(resolver if by in (None, Role.PUBLIC) else _guarded(resolver, by))

    return declared


def subscribed(description: str, *, by: Role) -> Callable[[Resolver], StrawberryField]:
    """`strawberry.subscription` as a decorator, likewise."""

    def declared(resolver: Resolver) -> StrawberryField:
        decorator: Callable[[Resolver], StrawberryField] = strawberry.subscription(
            description=description + SAID[by], metadata={ROLE: by}
        )
        return decorator(_guarded_events(resolver, by))

    return declared


def role_of(field: StrawberryField) -> Role | None:
    """The role that a field declares."""
    metadata: Mapping[Any, Any] = field.metadata or {}  # Any: whatever fields are declared with
    role: Role | None = metadata.get(ROLE)
    return role


def _guarded(resolver: Resolver, role: Role | None) -> Resolver:
    @wraps(resolver)
    async def guarded(source: Any, info: Info, **arguments: Any) -> Any:  # Any: as the resolver has them
        await require(info.context, role or Role.PUBLIC)
        return await resolver(source, info, **arguments)

    return guarded


def _guarded_events(resolver: Resolver, role: Role) -> Resolver:
    @wraps(resolver)
    async def guarded(source: Any, info: Info, **arguments: Any) -> AsyncGenerator[Any, None]:  # Any: as above
        await require(info.context, role)
        async with aclosing(resolver(source, info, **arguments)) as events:
            async for event in events:
                # Since the one before, a key may have been revoked, or a token have expired.
                info.context.doubt()
                await require(info.context, role)
                yield event

    return guarded
