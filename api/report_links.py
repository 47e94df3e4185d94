"""Addresses of the last evaluation's report, signed and expiring."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import anyio.to_thread

from api.context import Context
from domain.signing import Signer

PURPOSE = "report"
VALID_SECONDS = 3600
PAGE, FIGURES = "index.html", "results.json"


async def report_url(context: Context) -> tuple[str, datetime] | None:
    """Where a client may read the report for an hour, and when it was written; None where there is none here."""
    written = await anyio.to_thread.run_sync(_written_at, context.services.report_folder / PAGE)
    if written is None:
        return None
    return context.base_url + signed_path(await context.services.signer(), PAGE, time.time()), written


def signed_path(signer: Signer, name: str, now: float) -> str:
    """`/report/SIGNED/NAME`, so that what the report links to beside it is found, too."""
    return f"/report/{signer.sign(PURPOSE, str(int(now) + VALID_SECONDS))}/{name}"


def is_valid(signer: Signer, signed: str, now: float) -> bool:
    """Whether we signed this address and it has not expired."""
    expires = signer.verify(PURPOSE, signed)
    return expires is not None and now < int(expires)


def _written_at(page: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(page.stat().st_mtime, UTC)
    except OSError:
        return None
