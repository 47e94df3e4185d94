"""The catalogues that an import reads: the one that is named, or those that lie in the folders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Engine

from domain.errors.base import SegueError
from jobs.importing.catalogue.findings import CatalogueFinding, Kind
from jobs.importing.catalogue.importing import CatalogueReport, is_read
from jobs.importing.catalogue.source import CatalogueSource, survey
from jobs.importing.choices import ImportChoices
from jobs.importing.reach import Reach
from jobs.importing.walk import Walk, place_of


class Chosen(NamedTuple):
    """A catalogue, and the folder that its keys are relative to."""

    source: CatalogueSource
    root: Path


def require_readable(engine: Engine, source: CatalogueSource) -> None:
    """Raises CatalogueUnreadable and CatalogueColumnMissing, unless it is known to be readable."""
    with engine.connect() as connection:
        if is_read(connection, source):
            return
    survey(source)


def chosen_catalogues(found: Walk, reach: Reach, choices: ImportChoices) -> Iterator[Chosen | CatalogueReport]:
    """Each catalogue to read, or why one that lies in a folder is not used."""
    if choices.catalogue:
        for root in found.folders[:1] or [file.path.parent for file in found.files[:1]]:
            yield Chosen(choices.catalogue, root)
        return
    for folder in found.folders:
        own = [path for path in found.catalogues if path.parent == folder]
        if len(own) > 1:
            names = ", ".join(place_of(path) for path in own)
            yield unused(names, "several lie in the folder; name one with --catalogue")
        elif own:
            try:
                source = reach.open_catalogue(own[0], choices.mapping)
                yield Chosen(source, folder)
            except SegueError as error:
                yield unused(place_of(own[0]), str(error))


def unused(place: str, reason: str) -> CatalogueReport:
    """A catalogue that lies in the folder, and is none that can be used: that stops nothing."""
    return CatalogueReport(place, findings=[CatalogueFinding(Kind.UNUSABLE, reason)])
