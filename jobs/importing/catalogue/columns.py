"""Which column of a catalogue holds what."""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from domain.dates import DateOrder
from domain.errors.catalogues import CatalogueColumnMissing, MappingInvalid
from domain.paths import path_to_text
from jobs.importing.catalogue.encoding import decode

# What a catalogue may say of a recording, under the names that need no mapping.
FIELDS = (
    "album_id",
    "album_name",
    "track_no",
    "disc_no",
    "track_id",
    "title",
    "composers",
    "arrangers",
    "performers",
    "labels",
    "genre",
    "release_date",
    "audio_s3_key",
    "duration",
)
# Without it no line finds its recording.
REQUIRED = "audio_s3_key"
# What a mapping file may say besides: how 3/4/2008 is read.
DATE_ORDER = "date_order"

FOLDED_FIELDS = frozenset(name.replace("_", joint) for name in FIELDS for joint in ("_", " ", ""))


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """The archive's own names of columns by ours, and the order of its dates where it is told."""

    names: Mapping[str, str] = field(default_factory=dict)
    date_order: DateOrder | None = None


def read_mapping(path: Path) -> ColumnMapping:
    """A mapping file: TOML, or JSON where its name ends so; ours = "theirs". Raises MappingInvalid."""
    name = path_to_text(path)
    try:
        text = decode(path.read_bytes()).text
        told: Any = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise MappingInvalid(path=name, reason=getattr(error, "strerror", None) or str(error)) from error
    if not isinstance(told, dict):
        raise MappingInvalid(path=name, reason="it should hold names and their columns")
    for ours, theirs in told.items():
        if ours not in (*FIELDS, DATE_ORDER):
            hint = _nearest(ours, FIELDS) or f"; it knows {', '.join((*FIELDS, DATE_ORDER))}"
            raise MappingInvalid(path=name, reason=f"Segue knows no '{ours}'{hint}")
        if not isinstance(theirs, str) or not theirs.strip():
            raise MappingInvalid(path=name, reason=f"'{ours}' should be the name of a column, in quotation marks")
    return ColumnMapping({ours: told[ours].strip() for ours in told if ours != DATE_ORDER}, _order(name, told))


def find_columns(catalogue: str, present: Iterable[str], mapping: ColumnMapping) -> dict[str, str]:
    """Their column for each of our fields that the catalogue has.

    Case, spaces and underscores do not tell names apart. Raises CatalogueColumnMissing for a column that the mapping
    names and the catalogue has not, and where nothing says which file a line is about.
    """
    columns = {_folded(name): name for name in reversed(list(dict.fromkeys(present)))}
    shown = ", ".join(f"'{name}'" for name in reversed(columns.values())) or "none"
    found = {}
    for ours in FIELDS:
        theirs = mapping.names.get(ours, ours)
        column = columns.get(_folded(theirs))
        if column is not None:
            found[ours] = column
        elif ours in mapping.names or ours == REQUIRED:
            hint = _nearest(theirs, columns.values())
            raise CatalogueColumnMissing(path=catalogue, column=theirs, hint=hint, columns=shown, ours=ours)
    return found


def _order(path: str, told: Mapping[str, Any]) -> DateOrder | None:  # Any: JSON
    if DATE_ORDER not in told:
        return None
    wanted = re.sub(r"[\W_]+", "_", told[DATE_ORDER]).upper()
    if wanted not in DateOrder.__members__:
        known = ", ".join(f'"{order.lower().replace("_", " ")}"' for order in DateOrder)
        raise MappingInvalid(path=path, reason=f"'{DATE_ORDER}' takes {known}, not \"{told[DATE_ORDER]}\"")
    return DateOrder[wanted]


def _folded(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())


def _nearest(name: str, known: Iterable[str]) -> str:
    names = {_folded(other): other for other in known}
    near = difflib.get_close_matches(_folded(name), names, 1)
    return f" (did you mean '{names[near[0]]}'?)" if near else ""
