"""What curators correct. A field that is left out stays; null takes a correction back; empty text is nothing."""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry import UNSET

RULE = (
    " Fields that are left out stay as they are; null takes a correction back, so that the source's word stands again."
)


@strawberry.input(description="Corrections of a track. They outlive imports." + RULE)
class TrackChanges:
    title: str | None = strawberry.field(
        default=UNSET, description="Its title. Work and movement are read from it, unless they are corrected too."
    )
    composer: str | None = strawberry.field(
        default=UNSET, description="Its composers as a catalogue would write them: `J. S. Bach; Ferruccio Busoni`."
    )
    arranger: str | None = strawberry.field(default=UNSET, description="Who arranged it.")
    performers: str | None = strawberry.field(
        default=UNSET, description="Who plays: `Ana Lima (piano); Marin Alsop (conductor); Quatuor Ébène`."
    )
    disc: int | None = strawberry.field(default=UNSET, description="The disc it is on, from 1.")
    position: int | None = strawberry.field(default=UNSET, description="Its number on the album or disc, from 1.")
    work: str | None = strawberry.field(
        default=UNSET, description="The work it is of, with its catalogue number: `Symphony No. 5, Op. 67`."
    )
    movement: str | None = strawberry.field(default=UNSET, description="The title of its movement.")
    movement_number: int | None = strawberry.field(default=UNSET, description="The number of its movement, from 1.")


@strawberry.input(description="Corrections of an album. They outlive imports." + RULE)
class AlbumChanges:
    title: str | None = strawberry.field(default=UNSET, description="Its title.")
    artist: str | None = strawberry.field(default=UNSET, description="The performer or ensemble it is filed under.")
    date_text: str | None = strawberry.field(
        default=UNSET, description="When it was recorded or released; `dateFrom` and `dateTo` follow from it."
    )


@strawberry.input(description="Corrections of a composer. They outlive imports." + RULE)
class ComposerChanges:
    name: str | None = strawberry.field(default=UNSET, description="Their name; the former one still means them.")


@strawberry.input(description="Corrections of a work. They outlive imports." + RULE)
class WorkChanges:
    title: str | None = strawberry.field(default=UNSET, description="Its title.")
    catalogue_number: str | None = strawberry.field(default=UNSET, description="Its catalogue or opus number.")


def changed_fields(changes: Any) -> dict[str, str | None]:  # Any: one of the inputs above
    """The fields that were given, as text."""
    given = {name: value for name, value in vars(changes).items() if value is not UNSET}
    return {name: None if value is None else str(value) for name, value in given.items()}
