"""Re-embedding from the command line: said beforehand, done, taken back, cleaned up."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import psycopg
import pytest

from tests.jobs.cli.command import Ran, segue, start_segue
from tests.ml.recordings import sine, write

RATE = 16_000
TABLES = (
    "spaces",
    "space_revisions",
    "track_embeddings",
    "segment_embeddings",
    "track_tags",
    "embedding_failures",
    "jobs",
    "job_items",
    "dramatiq.queue",
)


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three chords of 4 s on one album."""
    folder = tmp_path_factory.mktemp("music") / "Chords"
    folder.mkdir(parents=True)
    for number, root in enumerate((220.0, 247.0, 330.0), 1):
        chord = sum(sine(4, RATE, root * ratio, 0.2) for ratio in (1, 1.25, 1.5))
        path = folder / f"{number:02} Chord {number}.flac"
        write(path, np.asarray(chord, np.float32)[None], RATE, layout="mono", tags={"composer": f"Dvořák {number}"})
    return folder


@pytest.fixture(scope="module")
def embedded(new_database: Callable[..., str], tmp_path_factory: pytest.TempPathFactory, music: Path) -> str:
    """Address of a database with an archive whose three tracks are embedded, for tests to have copies of."""
    url, data_dir = new_database(), tmp_path_factory.mktemp("data")
    assert segue("import", music, data_dir=data_dir, database_url=url).code == 0
    assert segue("embed", "--wait", data_dir=data_dir, database_url=url).out[-1] == "3 tracks embedded"
    return url


@pytest.fixture
def database_url(new_database: Callable[..., str], embedded: str) -> str:
    return new_database(embedded)


@pytest.fixture
def run(tmp_path: Path, database_url: str) -> Callable[..., Ran]:
    """Runs a command on an archive whose three tracks are embedded."""

    def run(*arguments: str | Path) -> Ran:
        return segue(*arguments, data_dir=tmp_path / "data", database_url=database_url)

    return run


def contents(database_url: str) -> dict[str, list[str]]:
    with psycopg.connect(database_url) as connection:
        return {
            table: sorted(str(row) for row in connection.execute(f"SELECT t::text FROM {table} t"))  # type: ignore[arg-type]  # of the test
            for table in TABLES
        }


def one(database_url: str, statement: str) -> object:
    with psycopg.connect(database_url) as connection:
        row = connection.execute(statement).fetchone()  # type: ignore[call-overload]  # of the test
        assert row is not None
        return row[0]


@pytest.mark.slow
def test_from_an_estimate_to_a_clean_house(run, database_url: str, music: Path, tmp_path: Path) -> None:
    before = contents(database_url)
    dry = run("reembed", "--dry-run", "--workers", "2")
    assert dry.code == 0
    assert dry.out[0] == "Tracks  3 tracks, 12 s of music"
    assert re.fullmatch(
        r"Time    about \d+ s with 2 workers, each [\d,]+ times as fast as the music, as measured here", dry.out[1]
    )
    # 3 tracks of 4 × 200 + 150 bytes and 50 tags of 4, and as many segments of 4 × 200 + 210
    # and patches of 2 × 200, and 130 around those of a track and 6 % in between.
    size = 3 * (950 + 200 + 1010 + 130) + round(1.06 * 3 * 400)
    assert dry.out[2] == (
        f"Disk    about {-(-size // 1000)} kB of vectors; the old revision keeps its own until segue prune"
    )
    assert run("reembed", "--where", "composer=dvorak 2", "--dry-run").out[0::2] == [
        "Tracks  1 track, 4 s of music",
        "Disk    no more than now",
    ]
    assert contents(database_url) == before

    unknown = run("reembed", "--where", "composer=Dvorak")
    assert (unknown.code, unknown.out, unknown.err) == (
        1,
        [],
        ["segue: There is no composer 'Dvorak'. Did you mean 'Dvořák 1', 'Dvořák 2', 'Dvořák 3'?"],
    )
    assert run("reembed", "--where", "best").err == [
        "segue: 'best' does not say which tracks: it takes composer=NAME, album=TITLE, failed or stale."
    ]
    assert run("reembed", "--where", "failed").out == [
        "Nothing to hear again: no track of 'musicnn-mtt' is meant by --where failed"
    ]
    assert run("restore").err == ["segue: Space 'musicnn-mtt' has no earlier revision that could be restored."]
    assert run("prune").out == ["There is nothing to drop"]
    assert contents(database_url) == before

    album = run("reembed", "--where", "album=chords", "--workers", "1")
    assert (album.code, album.err, album.out[-1]) == (0, [], "3 tracks of 'musicnn-mtt' heard again")
    assert one(database_url, "SELECT count(*) FROM space_revisions") == 1

    whole = run("reembed", "--workers", "1")
    assert (whole.code, whole.err) == (0, [])
    assert re.fullmatch(
        r"Job \S+: 3 tracks for a new revision of 'musicnn-mtt'; the old one answers meanwhile", whole.out[0]
    )
    assert whole.out[-1] == (
        "'musicnn-mtt' answers with its new revision. The old one stays until segue prune; back to it with:"
        " segue restore --space musicnn-mtt"
    )
    active = "SELECT active_revision_id FROM spaces"
    old, new = 1, one(database_url, active)
    assert new != old
    revision = one(database_url, "SELECT min(revision) FROM space_revisions")
    assert run("restore", "--dry-run").out == [
        "A dry run: nothing was changed. This is what it would be:",
        f"'musicnn-mtt' answers with revision {old} again, made by {revision}",
    ]
    assert one(database_url, active) == new
    assert run("restore").out == [f"'musicnn-mtt' answers with revision {old} again, made by {revision}"]
    assert one(database_url, active) == old
    run("restore")
    assert one(database_url, active) == new

    refused = run("prune")
    assert (refused.code, refused.err) == (
        1,
        ["segue: Nothing was dropped, since there is nobody to ask here. Say that you mean it: --yes"],
    )
    assert refused.out[1].split()[:4] == ["1", "musicnn-mtt", "retired", "3"]
    assert one(database_url, "SELECT count(*) FROM space_revisions") == 2
    snapshots = [tmp_path / "data" / "storage" / "snapshots" / "musicnn-mtt" / f"r{r}.parquet" for r in (old, new)]
    snapshots[0].parent.mkdir(parents=True, exist_ok=True)
    for snapshot in snapshots:
        snapshot.touch()
    dropped = run("prune", "--space", "musicnn-mtt", "--yes")
    assert [snapshot.exists() for snapshot in snapshots] == [False, True]
    assert dropped.out[-1].startswith("1 revision dropped, ")
    assert one(database_url, "SELECT count(*) FROM space_revisions") == 1
    assert (one(database_url, active), one(database_url, "SELECT count(*) FROM track_embeddings")) == (new, 3)


@pytest.mark.slow
def test_a_track_that_is_lost_is_named_and_its_job_can_be_looked_into(run, database_url: str, music: Path) -> None:
    away = (music / "02 Chord 2.flac").rename(music / "away")
    refused = run("reembed", "--workers", "1")
    reason = f"'{music}/02 Chord 2.flac' is not there any more, or cannot be reached."
    assert refused.code == 1
    assert refused.out[-3:-1] == ["Could not be heard:", f"  'Chord 2': {reason}"]
    assert refused.out[-1] == (
        f"Space 'musicnn-mtt' keeps its revision: 1 of its tracks could not be heard again: 'Chord 2' ({reason})."
        " Try them once more with: segue reembed --space musicnn-mtt, or go on without them:"
        " segue reembed --space musicnn-mtt --allow-missing"
    )
    status = run("status").out
    assert (
        "Filling      musicnn-mtt: 2 of 3 tracks in its next revision, left off: segue reembed goes on with it"
        in status
    )

    job_id = one(database_url, "SELECT id::text FROM jobs WHERE kind = 'reembed'")
    listed = run("jobs", "--status", "failed").out
    assert listed[1].split()[:6] == [job_id, "reembed", "FAILED", "2", "of", "3"]
    assert len(listed) == 2
    kinds = [line.split()[1] for line in run("jobs").out[1:]]
    assert [kind for kind in kinds if kind != "snapshot"] == ["reembed", "embed"]
    assert run("jobs", "--status", "cancelled").out == ["There are no jobs that are CANCELLED"]

    shown = run("jobs", "show", str(job_id)[:8]).out
    assert shown[:3] == [f"Job        {job_id}", "Kind       reembed, space musicnn-mtt", "Status     FAILED"]
    assert "Tracks     2 of 3 done, 1 failed" in shown
    assert f"1 track failed; try again with: segue jobs retry {job_id}" in shown
    assert f"  2 'Chord 2' (1 attempt): {reason}" in shown
    timings = shown[[line.startswith("track ") for line in shown].index(True) + 1 :]
    assert sorted(line.split()[:3] for line in timings) == [["1", "Chord", "1"], ["3", "Chord", "3"]]
    assert {line.split()[4] for line in timings} == {"4"}  # seconds of music

    away.rename(music / "02 Chord 2.flac")
    assert run("jobs", "retry", str(job_id)).out == ["1 track waiting for a worker, 1 of them had failed"]
    joined = run("reembed", "--workers", "1")
    assert joined.out[0] == f"Joined job {job_id}, which is under way: 2 of 3 tracks done"
    assert joined.out[-1].startswith("'musicnn-mtt' answers with its new revision.")
    assert run("jobs", "retry", str(job_id)).out == ["Nothing in it failed or is left to do"]
    assert run("jobs", "cancel", str(job_id)).out == [f"Job {job_id} had ended already"]
    assert run("jobs", "show", "nothing").err == ["segue: There is no job nothing."]


@pytest.mark.parametrize(
    ("arguments", "again"),
    [((), ""), (("--where", "composer=Dvořák 1"), " --where 'composer=Dvořák 1'")],
)
def test_who_interrupts_their_own_workers_learns_how_to_go_on(
    run, tmp_path: Path, database_url: str, arguments: tuple[str, ...], again: str
) -> None:
    # Its workers rest, so that it does not end before it is interrupted.
    now = datetime.now().astimezone()
    hours = f"{now + timedelta(hours=2):%H:%M}-{now + timedelta(hours=3):%H:%M}"
    settings = {"data_dir": tmp_path / "data", "database_url": database_url, "worker_hours": hours}
    process = start_segue("reembed", "--workers", "1", *arguments, **settings)
    try:
        assert process.stdout is not None
        job_id = process.stdout.readline().split(":")[0].removeprefix("Job ")
        assert process.stdout.readline().startswith("Working on it here; the worker's log is ")
        begin = hours.partition("-")[0]
        assert process.stdout.readline() == (
            f"It is taken up at {begin}: SEGUE_WORKER_HOURS allows work in the hours {hours}\n"
        )
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    assert process.returncode == 130
    # That it rests may have been said again meanwhile.
    assert out.splitlines()[-1] == (
        f"Interrupted; what is done stays done. Go on with: segue reembed{again};"
        f" end it with: segue jobs cancel {job_id}"
    )


@pytest.mark.parametrize(
    ("arguments", "again"), [((), "reembed --space musicnn-mtt"), (("--where", "album=chords"), "jobs retry {id}")]
)
def test_whoever_looks_on_when_it_is_cancelled_learns_how_to_go_on(
    run, tmp_path: Path, database_url: str, arguments: tuple[str, ...], again: str
) -> None:
    with psycopg.connect(database_url) as connection:  # a worker that is announced and never works
        connection.execute("INSERT INTO workers VALUES ('idle', 1, now() + interval '1 hour')")
    process = start_segue("reembed", *arguments, data_dir=tmp_path / "data", database_url=database_url)
    try:
        assert process.stdout is not None
        job_id = process.stdout.readline().split(":")[0].removeprefix("Job ")
        assert run("jobs", "cancel", job_id).code == 0
        out, _ = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    assert process.returncode == 1
    assert out.splitlines()[-1] == (
        f"The job was cancelled with 0 of 3 tracks done; go on with: segue {again.format(id=job_id)}"
    )


def test_a_job_for_workers_that_rest_says_until_when(run, database_url: str) -> None:
    assert run("jobs", "retry", one(database_url, "SELECT id::text FROM jobs")).out == [
        "Nothing in it failed or is left to do"
    ]
    with psycopg.connect(database_url) as connection:
        connection.execute("DELETE FROM track_embeddings WHERE track_id = 1")
        connection.execute("INSERT INTO workers VALUES ('idle', 1, now(), now() + interval '2 hours')")
    until = one(database_url, "SELECT rests_until FROM workers")
    assert isinstance(until, datetime)
    assert run("embed").out[1:] == [
        f"The workers rest until {until.astimezone():%H:%M}, and take it up then; segue worker starts others"
    ]


def test_whoever_interrupts_looking_on_learns_how_to_go_on(run, database_url: str, tmp_path: Path) -> None:
    with psycopg.connect(database_url) as connection:  # a worker that is announced and never works
        connection.execute("INSERT INTO workers VALUES ('idle', 1, now() + interval '1 hour')")
    process = start_segue("reembed", data_dir=tmp_path / "data", database_url=database_url)
    try:
        assert process.stdout is not None
        first = process.stdout.readline().split(":")[0]
        job_id = first.removeprefix("Job ")
        assert one(database_url, f"SELECT status FROM jobs WHERE id = '{job_id}'") == "WAITING"
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    assert process.returncode == 130
    assert out.splitlines() == [
        f"The workers go on with it. Look on again with: segue reembed; end it with: segue jobs cancel {job_id}"
    ]
    assert run("jobs", "cancel", job_id).out == [f"Job {job_id} is cancelled"]
    assert one(database_url, f"SELECT status FROM jobs WHERE id = '{job_id}'") == "CANCELLED"
