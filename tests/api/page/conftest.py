"""A server with an archive that can be heard, and a browser to visit it with."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.api.page.archive import Visited, fill

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

# Of the browser, not of the page: without a GPU it reads each picture back, and says that this is slow.
DRAWN_WITHOUT_GPU = "GL Driver Message (OpenGL, Performance"


@pytest.fixture(scope="session")
def visited(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Visited:
    return fill(new_database(), tmp_path_factory.mktemp("recordings"))


@pytest.fixture(scope="session")
def server(visited: Visited, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server of its own, started as the command line starts it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "uvicorn", "api.app:from_environment", "--factory", "--port", str(port)),
            *("--log-level", "warning"),
        ],
        env=os.environ
        | {
            "SEGUE_DATABASE_URL": visited.url,
            "SEGUE_DATA_DIR": str(tmp_path_factory.mktemp("data")),
            "SEGUE_PORT": str(port),
        },
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _await_health(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(10)


def _await_health(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            httpx.get(f"{address}/healthz").raise_for_status()
            return
        except httpx.HTTPError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.1)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("The page is not visited: there is no chromium on the path")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--mute-audio"])
        yield browser
        browser.close()


@dataclass
class Heard:
    """What a browser's console complained about, and the addresses that it asked for."""

    complaints: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)

    def console(self, said: ConsoleMessage) -> None:
        if said.type in ("error", "warning") and DRAWN_WITHOUT_GPU not in said.text:
            self.complaints.append(said.text)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(8_000)
    yield context
    context.close()


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def page(context: BrowserContext, server: str, heard: Heard) -> Page:
    """The page, opened on its albums. What the console complains about fails the test at its end."""
    page = context.new_page()
    page.on("console", heard.console)
    page.on("pageerror", lambda error: heard.complaints.append(str(error)))
    page.on("request", lambda request: heard.addresses.append(request.url))
    page.goto(f"{server}/")
    page.get_by_role("heading", name="Albums").wait_for()
    return page
