"""A server with an archive that can be heard, and a browser to visit it with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from tests.api.page.archive import Visited, fill
from tests.api.serving import server_process

# Of the browser, not of the page: without a GPU it reads each picture back, and says that this is slow.
DRAWN_WITHOUT_GPU = "GL Driver Message (OpenGL, Performance"


@pytest.fixture(scope="session")
def visited(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Visited:
    return fill(new_database(), tmp_path_factory.mktemp("recordings"))


@pytest.fixture(scope="session")
def server(visited: Visited, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data_dir = tmp_path_factory.mktemp("data")
    with server_process(SEGUE_DATABASE_URL=visited.url, SEGUE_DATA_DIR=str(data_dir)) as address:
        yield address


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
