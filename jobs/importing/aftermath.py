"""What an import does once all files are written: catalogues describe them, and those that are gone are told."""

from __future__ import annotations

from pathlib import Path

from domain.errors.base import SegueError
from domain.errors.catalogues import PruneDoubtful
from jobs.importing.catalogue.assignment import File
from jobs.importing.catalogue.importing import CatalogueReport, import_catalogue
from jobs.importing.choices import ImportChoices
from jobs.importing.gone import GoneFile, check_prune, find_gone
from jobs.importing.own_catalogues import Chosen, chosen_catalogues, unused
from jobs.importing.reach import Reach
from jobs.importing.report import ImportReport
from jobs.importing.walk import Walk, place_of
from jobs.importing.writing import Writing
from sql.catalogue.folder_rows import files_below, mark_missing


def settle(writing: Writing, found: Walk, reach: Reach, choices: ImportChoices, report: ImportReport) -> None:
    """Read the catalogues and look for what is gone, folder by folder; the outcome is added to the report."""
    seen = {file.place for file in found.files}
    for chosen in chosen_catalogues(found, reach, choices):
        if isinstance(chosen, Chosen):
            chosen = _described(writing, chosen, seen, report, named=choices.catalogue is not None)
        report.catalogues.append(chosen)
    for folder in found.folders:
        _look_for_gone(writing, folder, seen, found, choices, report)


def _described(
    writing: Writing, chosen: Chosen, seen: set[str], report: ImportReport, *, named: bool
) -> CatalogueReport:
    root = _prefix(chosen.root)
    places = [(place_of(finding.path), finding.reason) for finding in report.refused]
    refused = [
        File(place.removeprefix(root), None, refusal=reason) for place, reason in places if place.startswith(root)
    ]
    try:
        with writing.transaction() as connection:
            there = [
                File(row.path.removeprefix(root), row.track_id, row.duration_seconds)
                for row in files_below(connection, root)
                if row.path in seen
            ]
            return import_catalogue(connection, chosen.source, root, there + refused)
    except SegueError as error:
        if named:
            raise
        return unused(chosen.source.place, str(error))


def _look_for_gone(
    writing: Writing, folder: Path, seen: set[str], found: Walk, choices: ImportChoices, report: ImportReport
) -> None:
    with writing.reading() as connection:
        rows = files_below(connection, _prefix(folder))
    gone = find_gone(rows, seen, [finding.path for finding in found.unreadable])
    report.gone += [GoneFile(row.path, row.title, row.missing) for row in gone]
    if not choices.prune or all(row.missing for row in gone):
        return
    try:
        if not choices.sure:
            check_prune(_prefix(folder), rows, gone)
    except PruneDoubtful as doubt:
        report.prune_refused = doubt
        return
    with writing.transaction() as connection:
        report.pruned += mark_missing(connection, [row.id for row in gone])


def _prefix(folder: Path) -> str:
    """What the places of everything in a folder begin with."""
    return place_of(folder).rstrip("/") + "/"
