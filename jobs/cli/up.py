"""`segue up`: everything at once."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.spaces import DEFAULT_SPACE
from jobs.cli.environment import DataDir, Host, Port, read_settings
from jobs.cli.worker import Processes, default_processes

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from domain.settings import Settings
    from jobs.cli.children import Family

SERVER_START_SECONDS = 60.0

Archive = Annotated[Path | None, typer.Option(help="Your recordings; without it, an example archive is made")]

FIRST_QUERY = """\
{
  track(id: "%s") {
    title
    composer { name }
    similar(first: 5) {
      items { score track { title composer { name } } reasons { text } }
    }
  }
}"""


def up(
    archive: Archive = None,
    data_dir: DataDir = None,
    host: Host = None,
    port: Port = None,
    processes: Processes = None,
) -> None:
    """Import, embed and serve until Ctrl-C.

    Run again, it does only what is new.
    """
    from jobs.cli.console import say
    from jobs.cli.listening import base_url, require_port
    from jobs.cli.running import only_one

    settings = read_settings(data_dir=data_dir, host=host, port=port)
    url = base_url(settings.host, settings.port)
    _require_archive(settings, archive)
    try:
        with _terminating(), only_one(settings.data_dir, url):
            require_port(settings.host, settings.port)
            _run(settings, archive, url, processes or default_processes())
    except KeyboardInterrupt:
        say("Stopped")


def _run(settings: Settings, archive: Path | None, url: str, processes: int) -> None:
    from importlib.metadata import version

    from jobs.cli.authentication import say_who_may
    from jobs.cli.children import Child, Family
    from jobs.cli.console import say, shown
    from jobs.cli.database import address, is_embedded, keep_running
    from jobs.cli.logs import logs_folder
    from sql.embedded import stop
    from sql.migrate import migrate

    logs = logs_folder(settings.data_dir)
    say(f"Segue {version('segue')}, data in {shown(settings.data_dir)}")
    try:
        _, schema = migrate(address(settings))
        say(f"Database: {'embedded PostgreSQL' if is_embedded(settings) else 'PostgreSQL'}, schema {schema}")
        say_who_may(settings, address(settings))
        children = [Child("serve", logs), Child("worker", logs, [f"--processes={processes}"])]

        with Family(children, lambda: keep_running(settings)) as family:
            _await_server(settings, family)
            say(f"Server: {url}/ answers from now on, while the archive comes in")
            _fill(settings, archive, family)
            _say_ready(settings, url)
            while True:
                family.check()
                time.sleep(0.5)
    finally:
        if is_embedded(settings):
            stop(settings.data_dir)


def _require_archive(settings: Settings, archive: Path | None) -> None:
    from domain.errors.machine import FolderNotFound
    from domain.paths import path_to_text
    from jobs.cli.example_folder import refuse_mixing

    if archive is not None:
        if not archive.exists():
            raise FolderNotFound(path=path_to_text(archive))
        refuse_mixing(settings.data_dir, archive)


def _await_server(settings: Settings, family: Family) -> None:
    from domain.errors.machine import ProcessDied
    from domain.paths import path_to_text
    from jobs.cli.listening import answers

    deadline = time.monotonic() + SERVER_START_SECONDS
    while not answers(settings.host, settings.port):
        family.check()
        if time.monotonic() > deadline:
            log = path_to_text(settings.data_dir / "logs" / "serve.log")
            raise ProcessDied(command="serve", reason=f"it does not answer after {SERVER_START_SECONDS:.0f} s", log=log)
        time.sleep(0.1)


def _fill(settings: Settings, archive: Path | None, family: Family) -> None:
    """Bring the archive in and embed what is new."""
    from domain.errors.asking import SpaceOfOtherWeights
    from jobs.cli.console import say
    from jobs.cli.database import address
    from jobs.cli.embed import follow, request, say_end
    from jobs.cli.example import build_example
    from jobs.cli.example_folder import example_folder, holds_example
    from jobs.cli.import_report import say_report
    from jobs.cli.imports import import_recordings
    from sql.engine import make_engine
    from sql.overview import archive_overview

    url = address(settings)
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            is_empty = archive_overview(connection).tracks == 0
        if archive is None and (is_empty or holds_example(settings.data_dir)):
            say("No archive was named (--archive): here is the example archive, which is synthetic")
            archive = example_folder(settings.data_dir)
            build_example(archive)
        if archive is None:
            say("No archive was named (--archive): these are the recordings that were imported earlier")
        else:
            say_report(import_recordings(settings, archive), settings.data_dir)
        try:
            job = request(engine, url, settings, DEFAULT_SPACE, retry_failed=False)
        except SpaceOfOtherWeights as error:  # what it holds can be compared all the same
            say(str(error), style="yellow")
            return
        if job.total:
            say_end(follow(engine, job.id, family.check))
        _ask_for_first_map(engine, url, settings)
    finally:
        engine.dispose()


def _ask_for_first_map(engine: Engine, url: str, settings: Settings) -> None:
    """The page has a map from the beginning. Later ones are drawn when the space has changed."""
    from jobs.cli.map import ask_for_map
    from sql.overview import an_embedded_track
    from sql.spaces.map_rows import was_drawn

    with engine.connect() as connection:
        is_due = an_embedded_track(connection, DEFAULT_SPACE) is not None and not was_drawn(connection, DEFAULT_SPACE)
    if is_due:
        ask_for_map(engine, url, settings, DEFAULT_SPACE)


def _say_ready(settings: Settings, url: str) -> None:
    from domain.ids import encode
    from jobs.cli.console import count, say, say_code
    from jobs.cli.database import address
    from jobs.cli.example_folder import holds_example
    from sql.engine import make_engine
    from sql.overview import an_embedded_track, archive_overview

    engine = make_engine(address(settings))
    try:
        with engine.connect() as connection:
            archive = archive_overview(connection)
            track_id = an_embedded_track(connection, DEFAULT_SPACE)
    finally:
        engine.dispose()
    say()
    synthetic = " They are synthetic: scores played by a synthesizer." if holds_example(settings.data_dir) else ""
    say(f"Ready: {count(archive.tracks, 'track')} on {count(archive.albums, 'album')}.{synthetic}", style="bold")
    if track_id is None:
        say(f"Open {url}/. Nothing is embedded yet: name your recordings with --archive")
    else:
        say(f"Open {url}/ to listen. For programs there is {url}/graphql:")
        say()
        say_code(FIRST_QUERY % encode("Track", track_id))
        say()
    say("Ctrl-C stops everything; what is done stays done")


@contextmanager
def _terminating() -> Iterator[None]:
    """SIGTERM and a closed terminal stop us as Ctrl-C does."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    former = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
