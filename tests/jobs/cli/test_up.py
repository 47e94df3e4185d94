"""The whole way: from a folder of recordings to an answer, with the embedded database and the real network."""

from __future__ import annotations

import json
import os
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import Popen
from typing import Any

import numpy as np
import psutil
import psycopg
import pyarrow.parquet
import pytest

from jobs.cli.listening import free_port
from sql.embedded import ensure_running, is_running, stop
from tests.jobs.cli.command import segue, start_segue
from tests.ml.recordings import sine, write

RATE = 16_000


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Three chords of 4 s on one album."""
    folder = tmp_path / "music" / "Chords"
    folder.mkdir(parents=True)
    for number, root in enumerate((220.0, 247.0, 330.0), 1):
        chord = sum(sine(4, RATE, root * ratio, 0.2) for ratio in (1, 1.25, 1.5))
        write(
            folder / f"{number:02} Chord {number}.flac",
            np.asarray(chord, np.float32)[None],
            RATE,
            layout="mono",
            tags={"composer": f"Composer {number}"},
        )
    return folder.parent


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "data"
    yield folder
    stop(folder)


@pytest.fixture
def start(data_dir: Path) -> Iterator[Callable[..., Popen[str]]]:
    started: list[Popen[str]] = []

    def start_up(*arguments: str | Path) -> Popen[str]:
        started.append(start_segue("up", *arguments, data_dir=data_dir))
        return started[-1]

    yield start_up
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def read_until(process: Popen[str], last: str) -> list[str]:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if line.startswith(last):
            return lines
    raise AssertionError("\n".join(["it ended before its time:", *lines]))


def ask(port: int, query: str) -> Any:  # Any: JSON
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/graphql",
        json.dumps({"query": query}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 -- see above
        return json.load(answer)


def gone(*processes: psutil.Process) -> None:
    _, alive = psutil.wait_procs(processes, timeout=20)
    assert alive == []


READY = "Ctrl-C stops everything"


@pytest.mark.slow
def test_from_a_folder_to_an_answer(music: Path, data_dir: Path, start: Callable[..., Popen[str]]) -> None:
    port = free_port("127.0.0.1", 18_500)
    up = start("--archive", music, "--port", str(port), "--processes=1")
    said = read_until(up, READY)
    assert said[0].endswith(f"data in {data_dir}")
    assert f"Server: http://127.0.0.1:{port}/ answers from now on, while the archive comes in" in said
    assert "3 new tracks, 0 changed files, 0 unchanged, 0 refused; 0 other files passed over" in said
    assert "3 tracks embedded" in said
    assert "Ready: 3 tracks on 1 album." in said
    assert f"Open http://127.0.0.1:{port}/ to listen. For programs there is http://127.0.0.1:{port}/graphql:" in said
    query = "\n".join(said[said.index("{") : said.index("}") + 1])
    track = ask(port, query)["data"]["track"]
    assert (track["title"], track["composer"]["name"]) == ("Chord 1", "Composer 1")
    assert {item["track"]["title"] for item in track["similar"]["items"]} == {"Chord 2", "Chord 3"}

    # A second one is told where the first is, and a busy port is named with a free one.
    second = segue("up", "--archive", music, "--port", str(port), data_dir=data_dir)
    assert (second.code, second.err) == (
        1,
        [
            f"segue: Segue is up already with the data folder '{data_dir}': http://127.0.0.1:{port} (process {up.pid})."
            " Stop it with: segue down"
        ],
    )
    taken = segue("up", "--archive", music, "--port", str(port), data_dir=data_dir.with_name("other"))
    assert (taken.code, len(taken.err)) == (1, 1)
    assert taken.err[0].startswith(f"segue: Port {port} on 127.0.0.1 is taken. Choose another: make up PORT=")
    assert taken.out == []

    status = segue("status", data_dir=data_dir).out
    assert f"Server       http://127.0.0.1:{port} (process {up.pid})" in status
    assert "Archive      3 tracks on 1 album by 3 composers, 12 s of music" in status
    assert "Space        musicnn-mtt: 3 of 3 tracks" in status
    assert segue("spaces", data_dir=data_dir).out[1].split()[:6] == ["musicnn-mtt", "200", "READY", "3", "of", "3"]

    table = data_dir / "vectors.parquet"
    assert segue("export", "embeddings", table, data_dir=data_dir).out[-1] == (
        f"6 vectors of 'musicnn-mtt' in {table}"  # three tracks, and one segment in each: one patch of 2.992 s
    )
    assert pyarrow.parquet.read_table(table).num_rows == 6

    # The database is killed and comes back.
    server = psutil.Process(int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0]))
    server.kill()
    gone(server)
    deadline = time.monotonic() + 20
    while "errors" in (answer := ask(port, "{ tracks(first: 1) { totalCount } }")):
        assert time.monotonic() < deadline, answer
        time.sleep(0.2)
    assert answer["data"] == {"tracks": {"totalCount": 3}}

    # Ctrl-C ends everything, and ends it well.
    children = psutil.Process(up.pid).children(recursive=True)
    up.send_signal(signal.SIGINT)
    assert up.communicate(timeout=40)[0].splitlines()[-1] == "Stopped"
    assert up.returncode == 0
    gone(*children)
    assert not is_running(data_dir)

    # Again: nothing to do, and the answer is there at once. Killed, it takes its children along; the database stays.
    again = start("--archive", music, "--port", str(port), "--processes=1")
    said = read_until(again, READY)
    assert "0 new tracks, 0 changed files, 3 unchanged, 0 refused; 0 other files passed over" in said
    assert not [line for line in said if "mbed" in line and "embedded PostgreSQL" not in line]
    children = psutil.Process(again.pid).children(recursive=True)
    os.kill(again.pid, signal.SIGKILL)
    again.wait()
    gone(*children)
    assert is_running(data_dir)
    assert segue("down", data_dir=data_dir).out == ["Stopped"]
    assert not is_running(data_dir)

    # What was imported earlier is served without being named again, even if a newer version embeds differently; `down`
    # stops it from outside.
    with psycopg.connect(ensure_running(data_dir)) as connection:
        connection.execute("UPDATE space_revisions SET revision = 'musicnn-0'")
    unnamed = start("--port", str(port), "--processes=1")
    said = read_until(unnamed, READY)
    assert "No archive was named (--archive): these are the recordings that were imported earlier" in said
    assert (
        "Space 'musicnn-mtt' was made by musicnn-0, this program makes musicnn-0.1.0-MTT_musicnn-1: their embeddings"
        " cannot be compared. Hear the archive again with: segue reembed --space musicnn-mtt" in said
    )
    assert segue("down", data_dir=data_dir).out == ["Stopped"]
    assert unnamed.wait(10) == 0


def test_embedding_without_a_server(music: Path, data_dir: Path) -> None:
    assert segue("import", music, data_dir=data_dir).code == 0
    ran = segue("embed", "--wait", data_dir=data_dir)
    assert (ran.code, ran.err, ran.out[-1]) == (0, [], "3 tracks embedded")
    assert segue("embed", data_dir=data_dir).out == ["Nothing to embed: 'musicnn-mtt' holds every track it can"]
    unknown = segue("embed", "--space", "nope", data_dir=data_dir)
    assert (unknown.code, unknown.err) == (
        1,
        [
            "segue: There is no audio backend 'nope'. There are: musicnn-mtt, musicnn-msd, vgg-mtt, vgg-msd, mfcc, "
            "random, mert-95m, mert-330m, music2vec, muq, muq-mulan, musicfm, encodecmae, mule, jukebox."
        ],
    )
