"""Which line describes which recording, decided for a whole catalogue at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from jobs.importing.catalogue.findings import CatalogueFinding, Kind
from jobs.importing.catalogue.matching import FileIndex, Surety
from jobs.importing.catalogue.source import Survey

# An ambiguous line names so many of the files it fits.
FILES_NAMED = 3


class File(NamedTuple):
    """A file that is there: its place below the catalogue's folder, and its track, or why it was refused. What lies
    outside of that folder is `elsewhere`, and its path whole."""

    path: str
    track_id: int | None
    seconds: float = 0.0
    refusal: str = ""
    elsewhere: bool = False


# Keys of a catalogue, and the files that they described when it was read last.
Former = Callable[[Sequence[str]], Mapping[str, File]]


@dataclass
class Assignment:
    """`files` by line. Lines that are not in it describe nothing, and `findings` say why."""

    files: dict[int, File] = field(default_factory=dict)
    findings: list[CatalogueFinding] = field(default_factory=list)

    def find(self, kind: Kind, text: str) -> None:
        self.findings.append(CatalogueFinding(kind, text))


def assign(surveyed: Survey, files: Sequence[File], root: str, former: Former = lambda keys: {}) -> Assignment:
    """Find the file of each line by its key, one line for a recording.

    Of several lines for one recording the surest counts, then the first; `files` come in the order of their import. A
    line whose file is not among them stays with the recording that it described before.
    """
    made, keys, name = Assignment(), surveyed.keys, surveyed.called
    index = FileIndex([file.path for file in files], root, keys.values())
    claims: defaultdict[int, list[tuple[Surety, int, int]]] = defaultdict(list)
    met: set[int] = set()
    unmatched: list[int] = []
    for line in surveyed.without_key:
        made.find(Kind.NO_FILE, f"{name(line)}: it names no file")
    for line in keys:
        match = index.match(keys[line])
        met.update(match.files)
        if not match.files:
            unmatched.append(line)
        elif len(match.files) > 1:
            made.find(Kind.AMBIGUOUS, f"{name(line)}: {keys[line]} fits {_some([files[n].path for n in match.files])}")
        else:
            file = files[match.files[0]]
            if file.track_id is None:
                made.find(Kind.REFUSED, f"{name(line)}: {file.path}: {file.refusal}")
            else:
                claims[file.track_id].append((match.surety, match.files[0], line))
    for claim in claims.values():
        _settle(sorted(claim, key=lambda one: (-one[0], one[1], one[2])), files, keys, name, made)
    _keep(unmatched, files, surveyed, former, made)
    tracks = {file.track_id for file in made.files.values()}
    for number, file in enumerate(files):
        if number not in met and file.track_id is not None and file.track_id not in tracks:
            made.find(Kind.NO_LINE, file.path)
    return made


def _keep(unmatched: list[int], files: Sequence[File], surveyed: Survey, former: Former, made: Assignment) -> None:
    keys, name = surveyed.keys, surveyed.called
    known = former([keys[line] for line in unmatched]) if unmatched else {}
    described = {file.track_id for file in made.files.values()}
    present = {file.path for file in files}
    for line in unmatched:
        file = known.get(keys[line])
        if file is None or file.track_id in described:
            made.find(Kind.NO_FILE, f"{name(line)}: {keys[line]}")
            continue
        made.files[line] = file
        described.add(file.track_id)
        if file.path in present:
            made.find(Kind.RENAMED, f"{name(line)}: {keys[line]} is {file.path} now")
        elif not file.elsewhere:
            made.find(Kind.GONE, f"{name(line)}: {file.path}")


def _settle(
    claims: list[tuple[Surety, int, int]],
    files: Sequence[File],
    keys: Mapping[int, str],
    name: Callable[[int], str],
    made: Assignment,
) -> None:
    """The first claim counts."""
    (surety, number, line), *others = claims
    made.files[line] = files[number]
    if surety is Surety.NAME:
        made.find(Kind.BY_NAME, f"{name(line)}: {keys[line]} is taken to be {files[number].path}")
    for _, other, left in others:
        same = files[other].path if other == number else f"{files[other].path}, the same sound as {files[number].path}"
        made.find(Kind.TWO_LINES, f"{name(left)}: {same}; {name(line)} is used")


def _some(paths: list[str]) -> str:
    shown = ", ".join(paths[:FILES_NAMED])
    more = len(paths) - FILES_NAMED
    return f"{shown} and {more:,} more" if more > 0 else shown
