"""Building the archive: real files, the same each time, kept when there, whole whatever happens."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from domain.errors.machine import DataFolderUnwritable, ExtraMissing
from jobs.example import archive
from jobs.example.archive import Built, build
from jobs.example.scores import TRACKS
from jobs.example.tracks import Track
from ml.audio import channel_blocks
from ml.probe import is_truncated, probe

REPOSITORY = Path(__file__).parents[3]
# Quick ones: two ensembles, two formats of score.
PAIR = [track for track in TRACKS if track.score.path in ("bach/bwv386.mxl", "josquin/milleRegrets.abc")]
ALBUM = [track for track in TRACKS if track.album == "Bach - Chorales for Organ (synthetic)"]
# Says a line for each track that is there; stops quietly on Ctrl-C, as the command line does.
BUILD = """
import sys
from pathlib import Path
from jobs.example.archive import build
from jobs.example.scores import TRACKS
tracks = [track for track in TRACKS if str(track.path) in sys.argv[2:]]
try:
    build(Path(sys.argv[1]), tracks=tracks, on_progress=lambda done, total, title: print(done, flush=True))
except KeyboardInterrupt:
    sys.exit("stopped")
"""


def ignore(done: int, total: int, title: str) -> None:
    """For builds whose progress is of no interest."""


@contextlib.contextmanager
def start(folder: Path, tracks: list[Track]) -> Iterator[subprocess.Popen[str]]:
    """A build in a process group of its own; whatever is left of the group at the end is ended."""
    command = [sys.executable, "-W", "error", "-c", BUILD, folder, *(track.path for track in tracks)]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=REPOSITORY, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    ) as building:
        try:
            yield building
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(building.pid, signal.SIGKILL)


def next_line(building: subprocess.Popen[str]) -> str:
    """The next line that a build prints."""
    assert building.stdout is not None
    return building.stdout.readline()


def whole_tracks(folder: Path) -> int:
    """How many files the folder holds, each of them complete."""
    recordings = [probe(path) for path in folder.rglob("*.m4a")]
    assert not any(is_truncated(recording) for recording in recordings)
    return len(recordings)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both tracks of PAIR."""
    folder = tmp_path_factory.mktemp("pair")
    build(folder, tracks=PAIR, on_progress=ignore)
    return folder


@pytest.mark.parametrize("track", PAIR, ids=lambda track: track.path.stem)
def test_a_track_is_a_tagged_recording_that_sounds_from_beginning_to_end(pair: Path, track: Track) -> None:
    recording = probe(pair / track.path)

    assert (recording.codec, recording.sample_rate, recording.channels) == ("aac", 44_100, 2)
    assert track.tags.items() <= recording.tags.items()
    # The excerpt, then 1.5 s to die away; players and encoder add less than a tenth of a second.
    assert recording.packet_seconds == pytest.approx(track.score.seconds + 1.5, abs=0.1)
    assert 30.0 <= recording.packet_seconds <= 60.0
    samples = np.concatenate([block for block, _rate in channel_blocks(pair / track.path)], axis=-1)
    loudness = np.abs(samples).max(axis=tuple(range(samples.ndim - 1)))
    # −3 dBFS ± 1, and what AAC adds or takes.
    assert 20 * np.log10(loudness.max()) == pytest.approx(-3.0, abs=1.5)
    by_second = [float(loudness[at : at + 44_100].max()) for at in range(0, len(loudness) - 44_100, 44_100)]
    assert min(by_second[:-3]) > 0.05  # of full scale: no silence anywhere
    assert loudness[-2_205:].max() < 0.005  # and it ends faded: the last twentieth of a second is inaudible


def test_two_builds_give_the_same_bytes(pair: Path, tmp_path: Path) -> None:
    assert build(tmp_path, tracks=PAIR, processes=1, on_progress=ignore) == Built(made=2, kept=0)

    for track in PAIR:
        assert probe(tmp_path / track.path).content_hash == probe(pair / track.path).content_hash
        assert (tmp_path / track.path).read_bytes() == (pair / track.path).read_bytes()


def test_the_folder_says_that_it_is_synthetic(pair: Path) -> None:
    readme = (pair / "README.txt").read_text(encoding="utf-8")

    assert "Synthesized from a score; no human played it." in readme
    assert "music21" in readme
    assert "TimGM6mb" in readme


def test_only_what_is_missing_is_made(pair: Path) -> None:
    first, second = PAIR
    before = (pair / first.path).stat()
    (pair / second.path).unlink()
    told: list[tuple[int, int, str]] = []

    built = build(pair, tracks=PAIR, on_progress=lambda *progress: told.append(progress))

    assert (built, built.total) == (Built(made=1, kept=1), 2)
    assert told == [(1, 2, first.score.title), (2, 2, second.score.title)]
    after = (pair / first.path).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert whole_tracks(pair) == 2


def test_a_complete_archive_needs_neither_music21_nor_the_synthesizer(tmp_path: Path) -> None:
    for track in TRACKS:
        (tmp_path / track.path).parent.mkdir(exist_ok=True)
        (tmp_path / track.path).touch()
    program = f"""
import json, sys
from pathlib import Path
from jobs.example.archive import build
built = build(Path({str(tmp_path)!r}), on_progress=lambda done, total, title: None)
print(json.dumps([built.made, built.kept, sorted(sys.modules.keys() & {{"music21", "midirenderer", "av"}})]))
"""
    started = time.monotonic()

    output = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True)

    assert json.loads(output.stdout) == [0, 64, []]
    assert time.monotonic() - started < 5.0  # starting Python, mostly


def test_a_missing_package_is_named_with_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "_EXTRA", ("music21", "package_that_is_not_installed"))

    with pytest.raises(ExtraMissing) as raised:
        build(tmp_path, tracks=PAIR, on_progress=ignore)

    assert raised.value.details == {"feature": "The example archive", "extra": "example"}
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")

    with pytest.raises(DataFolderUnwritable) as raised:
        build(tmp_path / "taken", tracks=PAIR, on_progress=ignore)

    assert raised.value.details == {"path": tmp_path / "taken", "reason": "File exists"}


def test_a_folder_that_cannot_be_written_while_rendering_is_named(tmp_path: Path) -> None:
    (tmp_path / PAIR[0].album).write_text("a file where the album's folder should be")

    with pytest.raises(DataFolderUnwritable) as raised:
        build(tmp_path, tracks=PAIR[:1], on_progress=ignore)

    assert raised.value.details == {"path": tmp_path, "reason": "File exists"}


def test_ctrl_c_stops_without_a_word_from_the_workers(tmp_path: Path) -> None:
    with start(tmp_path, ALBUM) as building:
        assert next_line(building) == "1\n"
        os.killpg(building.pid, signal.SIGINT)  # as a terminal does: everyone gets it
        _, errors = building.communicate(timeout=20)

    assert (building.returncode, errors) == (1, "stopped\n")
    # One was ready, two were being made, and at most one of these was ready and another begun before the signal came.
    assert 1 <= whole_tracks(tmp_path) <= 4
    assert list(tmp_path.rglob("*.part")) == []


def test_ctrl_c_while_the_workers_start_is_as_quiet(tmp_path: Path) -> None:
    with start(tmp_path, ALBUM) as building:
        parent = psutil.Process(building.pid)
        while len(parent.children()) < 3:  # two workers, and what watches their semaphores
            time.sleep(0.001)
        time.sleep(0.1)  # into their imports, where an interrupt would print a traceback
        os.killpg(building.pid, signal.SIGINT)
        _, errors = building.communicate(timeout=20)

    assert (building.returncode, errors) == (1, "stopped\n")
    assert list(tmp_path.rglob("*.part")) == []


def test_a_killed_build_leaves_whole_files_and_no_workers_and_goes_on(tmp_path: Path) -> None:
    with start(tmp_path, ALBUM[:3]) as building:
        assert next_line(building) == "1\n"
        workers = psutil.Process(building.pid).children(recursive=True)
        building.kill()
        _, left = psutil.wait_procs(workers, timeout=10)

    assert left == []
    kept = whole_tracks(tmp_path)
    assert 1 <= kept < 3
    assert build(tmp_path, tracks=ALBUM[:3], on_progress=ignore) == Built(made=3 - kept, kept=kept)
    assert whole_tracks(tmp_path) == 3


def test_a_second_build_of_the_same_folder_waits_for_the_first(tmp_path: Path) -> None:
    with start(tmp_path, PAIR) as building:
        assert next_line(building) == "1\n"
        built = build(tmp_path, tracks=PAIR, on_progress=ignore)
        output, errors = building.communicate(timeout=20)

    assert built == Built(made=0, kept=2)
    assert (output, errors) == ("2\n", "")
