"""The last evaluation's report."""

from __future__ import annotations

from datetime import datetime

import strawberry

from api.context import Info
from api.report_links import report_url


@strawberry.type(description="A page for people about which spaces and strategies suit this archive.")
class EvaluationReport:
    url: str = strawberry.field(description="Where to read it: an address that expires after an hour.")
    written_at: datetime = strawberry.field(description="When it was written.")


async def evaluation_report(info: Info) -> EvaluationReport | None:
    """None where no report lies on this machine."""
    found = await report_url(info.context)
    return EvaluationReport(url=found[0], written_at=found[1]) if found else None
