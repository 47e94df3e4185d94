"""Reads who synthetic listeners are (`archetypes.toml`)."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from domain.errors.listeners import ArchetypesUnusable

OURS = Path(__file__).with_name("archetypes.toml")

Share = Annotated[float, Field(ge=0, le=1)]
Hour = Annotated[int, Field(ge=0, le=24)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Archetype(_Part):
    """What one kind of listener likes and does; the file says what each value means."""

    name: str
    share: float = Field(gt=0)
    words: dict[str, float] = Field(default_factory=dict)
    tempo: float = 0.0
    loudness: float = 0.0
    length: float = 0.0
    composers: int = Field(default=0, ge=0)
    composer_weight: float = 0.0
    popularity: float = 0.0
    album_flow: Share = 0.0
    repeat: Share = 0.0
    explore: Share = 0.0
    patience: Share = 0.5
    session_tracks: float = Field(default=7.0, ge=1)
    sessions_a_week: float = Field(default=2.0, gt=0)
    hours: tuple[Hour, Hour] = (8, 22)
    drift: Share = 0.0

    @field_validator("hours")
    @classmethod
    def _in_order(cls, hours: tuple[int, int]) -> tuple[int, int]:
        if hours[0] >= hours[1]:
            raise ValueError("the second hour comes after the first")
        return hours


class Groups(_Part):
    """Groups of listeners who share a taste."""

    number: int = Field(default=1, ge=1)
    weight: float = 0.0
    composers: int = Field(default=0, ge=0)


class Archetypes(_Part):
    """Everything in the file."""

    archetype: tuple[Archetype, ...] = Field(min_length=1)
    groups: Groups = Groups()


def read_archetypes(path: Path = OURS) -> Archetypes:
    """Raises ArchetypesUnusable, which names the file and the entry."""
    try:
        return Archetypes.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ArchetypesUnusable(path=path, reason=(error.strerror or str(error)).lower()) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ArchetypesUnusable(path=path, reason=f"it is no TOML: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ArchetypesUnusable(path=path, reason=f"{where}: {first['msg'].lower()}") from error
