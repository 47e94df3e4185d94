"""Who plays."""

from __future__ import annotations

import strawberry

from domain import catalogue


@strawberry.type(description="A person or an ensemble that plays on a track.")
class Performer:
    name: str = strawberry.field(description="Their name. `TrackFilter.performers` takes it exactly as it is here.")
    role: str | None = strawberry.field(description="What they do, such as `conductor`, where the source says it.")
    instrument: str | None = strawberry.field(description="What they play, where the source says it.")

    @classmethod
    def of(cls, row: catalogue.Performer) -> Performer:
        return cls(name=row.name, role=row.role, instrument=row.instrument)
