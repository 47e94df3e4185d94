"""Fixtures that all tests share: one embedded PostgreSQL for the run, and a fresh migrated database for each test."""

from __future__ import annotations

import os
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from itertools import count
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from playwright.sync_api import Browser, sync_playwright

from sql.embedded import ensure_running, stop
from sql.migrate import migrate
from tests.reference import NOT_HERE

_numbers = count(1)
# What no package brings, so that it may be away everywhere.
MAY_BE_AWAY = (NOT_HERE, "terraform is not installed")

# Tests run side by side, and a matrix that is shared out among threads waits for threads that wait for a core. Before
# any of the libraries is loaded that read this, and for the processes that tests start.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")


def pytest_configure(config: pytest.Config) -> None:
    # Workers are given files in the order of `pytest_collection_modifyitems`.
    config.option.loadscopereorder = False
    # What a shell starts in the background ignores Ctrl-C, and so would all that it starts; tests send it to programs.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests come first, then those with many: nobody is left with a long one when all others are
    done."""
    tests = Counter(item.path for item in items)
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: (-slow[item.path], -tests[item.path]))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With SEGUE_SKIP_NOTHING set, as in CI, a test that would be skipped fails: what it needs must be installed. Only
    reference data and Terraform cannot be."""
    report = yield
    away = call.excinfo is not None and str(call.excinfo.value).startswith(MAY_BE_AWAY)
    if report.skipped and not away and not hasattr(report, "wasxfail") and os.environ.get("SEGUE_SKIP_NOTHING"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} must not be skipped here: {call.excinfo and call.excinfo.value}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Likewise for a module that is skipped as a whole."""
    report = yield
    if report.skipped and os.environ.get("SEGUE_SKIP_NOTHING"):
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid} must not be skipped here: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the run's own server; its database is not for tests.

    Nothing in it has to survive a power cut, so it does not wait for the disk: a database for each test is cheap.
    """
    data_dir = tmp_path_factory.mktemp("server")
    try:
        url = ensure_running(data_dir)
        with psycopg.connect(url, autocommit=True) as connection:
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute("SELECT pg_reload_conf()")
        yield url
    finally:
        stop(data_dir)


@pytest.fixture(scope="session")
def template_database(postgres_url: str) -> str:
    """Name of a migrated, empty database that others are copied from."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE template_segue")
    migrate(with_database(postgres_url, "template_segue"))
    return "template_segue"


@pytest.fixture(scope="session")
def maintenance(postgres_url: str) -> Iterator[psycopg.Connection]:
    """A connection to the run's own server, from which databases are made and dropped."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def new_database(maintenance: psycopg.Connection, postgres_url: str, template_database: str) -> Callable[..., str]:
    """Makes a fresh database at the newest schema and returns its address; for fixtures that outlive one test.

    Given the address of another database, that nobody is connected to, it is a copy of that one.
    """

    def make(of: str | None = None) -> str:
        name = f"test_{next(_numbers)}"
        template = template_database if of is None else database_name(of)
        maintenance.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return with_database(postgres_url, name)

    return make


@pytest.fixture
def database_url(new_database: Callable[[], str], maintenance: psycopg.Connection) -> Iterator[str]:
    """Address of a fresh database at the newest schema, dropped after the test."""
    url = new_database()
    yield url
    maintenance.execute(f"DROP DATABASE {database_name(url)} WITH (FORCE)")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests run on asyncio, as the service does."""
    return "asyncio"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser without windows, that makes no sound.

    For one module and no longer: while it is open its event loop counts as the one that runs in this thread, and async
    tests of other modules could not start theirs.
    """
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("Pages are not visited: there is no chromium on the path")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--mute-audio"])
        yield browser
        browser.close()


def database_name(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")


def with_database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
