"""What is heard in a track."""

from __future__ import annotations

import strawberry

from domain import catalogue


@strawberry.type(
    description="Something that the default space's tagger hears in a track: a guess, not a catalogue entry."
)
class Tag:
    name: str = strawberry.field(description="One of the tagger's words, such as `strings` or `slow`.")
    score: float = strawberry.field(description="How sure the tagger is, 0 to 1.")

    @classmethod
    def of(cls, row: catalogue.Tag) -> Tag:
        return cls(name=row.name, score=row.score)
