"""Declares a field that a method resolves, or whose events it yields."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import strawberry
from strawberry.types.field import StrawberryField


def resolved(description: str) -> Callable[[Callable[..., Any]], StrawberryField]:  # Any: resolvers of every shape
    """`strawberry.field` as a decorator, with types."""
    decorator: Callable[[Callable[..., Any]], StrawberryField] = strawberry.field(description=description)
    return decorator


def subscribed(description: str) -> Callable[[Callable[..., Any]], StrawberryField]:  # Any: as above
    """`strawberry.subscription` as a decorator, with types."""
    decorator: Callable[[Callable[..., Any]], StrawberryField] = strawberry.subscription(description=description)
    return decorator
