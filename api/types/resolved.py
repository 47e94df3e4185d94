"""Declares a field that a method resolves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import strawberry
from strawberry.types.field import StrawberryField


def resolved(description: str) -> Callable[[Callable[..., Any]], StrawberryField]:  # Any: resolvers of every shape
    """`strawberry.field` as a decorator, with types."""
    decorator: Callable[[Callable[..., Any]], StrawberryField] = strawberry.field(description=description)
    return decorator
