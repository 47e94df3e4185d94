"""Waits for what comes about elsewhere, and no longer than it takes."""

from __future__ import annotations

from collections.abc import Callable

import anyio


async def until(is_so: Callable[[], bool], seconds: float = 10) -> None:
    """Raises TimeoutError where it does not come about."""
    with anyio.fail_after(seconds):
        while True:
            if is_so():
                return
            await anyio.sleep(0.005)
