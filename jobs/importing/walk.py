"""Finding the files that may be recordings."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path

from domain.errors.machine import FolderNotFound
from domain.paths import path_to_text
from jobs.importing.cover_names import cover_rank

READABLE_SUFFIXES = {".wav", ".wave", ".bwf", ".w64", ".flac", ".mp3", ".m4a", ".m4b", ".mp4", ".aac", ".alac"}
READABLE_SUFFIXES |= {".ogg", ".oga", ".opus", ".aif", ".aiff", ".aifc", ".caf", ".wv", ".rf64", ".mp2"}
# Formats that Segue does not read are tried as well, so that they are refused by name instead of overlooked.
OTHER_SUFFIXES = {".wma", ".ape", ".dsf", ".dff", ".mpc", ".tta", ".tak", ".mka", ".ra", ".au", ".snd", ".shn"}
AUDIO_SUFFIXES = frozenset(READABLE_SUFFIXES | OTHER_SUFFIXES)

# What network drives and desktops leave beside the music; hidden folders are passed over anyway.
LITTER_FOLDERS = frozenset({"@eadir", "#recycle", "$recycle.bin", "lost+found", "__macosx"})

# A catalogue of the recordings, where it lies in the folder that is imported.
CATALOGUE_NAMES = frozenset({"catalog.json", "catalogue.json", "catalog.csv", "catalogue.csv"})

# The folder under which objects of the storage have their paths.
OBJECTS = "s3:"

UNFINISHED = re.compile(r"\.(?:part|partial|tmp|temp|download|crdownload)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Finding:
    """A file or folder, and what there is to say about it; `lasting` is what will be so until the file changes."""

    path: Path
    reason: str
    lasting: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file that may be a recording; `modified_ns` in nanoseconds since 1970. An object of the storage has its `key`,
    and its path is the one that its place would have."""

    path: Path
    size: int
    modified_ns: int
    key: str | None = None

    @property
    def place(self) -> str:
        """As the catalogue knows it."""
        return place_of(self.path)


def place_of(path: Path) -> str:
    """A path as the catalogue knows it; "s3://bucket/Album/01.m4a" for one that stands for an object."""
    text = path_to_text(path)
    return "s3://" + text.removeprefix(f"/{OBJECTS}/") if path.parts[1:2] == (OBJECTS,) else text


@dataclass
class Walk:
    """What lies under some paths: `files` in reading order, `images` that are named like a cover, the number of other
    files, and what could not be looked at;
    the folders that were named, by their real path, and the catalogues that lie in them."""

    files: list[FoundFile] = field(default_factory=list)
    images: list[FoundFile] = field(default_factory=list)
    passed_over: int = 0
    unreadable: list[Finding] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)
    catalogues: list[Path] = field(default_factory=list)


def walk(root: Path) -> Walk:
    """Look at a folder and everything under it, or at one file, without opening any.

    Hidden and unfinished files, and those whose suffix is not one of audio, are counted only; a file named by `root`
    itself is always taken. Folders are known by their real path, so that none is visited twice however it is linked;
    a linked file keeps the name of its link.

    Raises FolderNotFound.
    """
    found = Walk()
    add(root, found)
    return found


def add(root: Path, found: Walk) -> None:
    """Look at one more path. Raises FolderNotFound."""
    if not root.exists():
        raise FolderNotFound(path=root)
    if root.is_dir():
        folder = Path(os.path.realpath(root))
        found.folders.append(folder)
        _walk_folder(os.fspath(folder), found, visited=set())
    else:
        _take(Path(os.path.realpath(root.parent)) / root.name, found)


def _walk_folder(root: str, found: Walk, visited: set[str]) -> None:
    pending = [root]
    while pending:
        folder = pending.pop()
        if folder in visited:
            continue
        visited.add(folder)
        try:
            with os.scandir(folder) as entries:
                ordered = sorted(entries, key=lambda entry: natural_key(entry.name))
        except OSError as error:
            found.unreadable.append(Finding(Path(folder), error.strerror or "it cannot be read"))
            continue
        subfolders = []
        for entry in ordered:
            if _is_folder(entry):
                if not entry.name.startswith(".") and entry.name.casefold() not in LITTER_FOLDERS:
                    subfolders.append(os.path.realpath(entry.path) if entry.is_symlink() else entry.path)
            elif is_candidate(entry.name):
                _take(Path(entry.path), found)
            elif cover_rank(entry.name) is not None:
                _take(Path(entry.path), found, found.images)
            elif folder == root and entry.name.casefold() in CATALOGUE_NAMES:
                found.catalogues.append(Path(entry.path))
            else:
                found.passed_over += 1
        pending.extend(reversed(subfolders))


def is_candidate(name: str) -> bool:
    """Whether a file of this name is looked at."""
    stem, suffix = os.path.splitext(name)
    return suffix.lower() in AUDIO_SUFFIXES and not name.startswith(".") and not UNFINISHED.search(stem)


def natural_key(name: str) -> tuple[list[tuple[int, str]], str]:
    """Sorts "2 Largo" before "10 Rondo"."""
    parts = re.split(r"(\d+)", name.casefold())
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts], name


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # links that go round in a circle
        return False


def _take(path: Path, found: Walk, kind: list[FoundFile] | None = None) -> None:
    try:
        status = path.stat()
    except OSError as error:
        broken = path.is_symlink() and isinstance(error, FileNotFoundError)
        reason = "it is a link that leads nowhere" if broken else error.strerror or "it cannot be read"
        found.unreadable.append(Finding(path, reason))
        return
    if not stat.S_ISREG(status.st_mode):
        found.unreadable.append(Finding(path, "it is not a regular file"))
        return
    (found.files if kind is None else kind).append(FoundFile(path, status.st_size, status.st_mtime_ns))
