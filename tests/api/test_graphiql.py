"""GraphiQL in a real browser, against a real server: the prefilled query runs at the press of a button."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.api.serving import server_process
from tests.small_archive import SmallArchive

# Where `npm ci` in tests/web puts what the page loads from its CDN.
NODE_MODULES = Path(__file__).parents[1] / "web" / "node_modules"
CDN = "https://unpkg.com/"

if not NODE_MODULES.is_dir():
    pytest.skip("GraphiQL is not tested: its files are not here (npm ci in tests/web)", allow_module_level=True)


@pytest.fixture(scope="module")
def server(archive_url: str, archive: SmallArchive) -> Iterator[str]:
    with server_process(SEGUE_DATABASE_URL=archive_url) as address:
        yield address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page whose CDN is node_modules; files must be those whose hashes the page names."""
    # High enough for the whole result, of which the editor draws only what is in view.
    page = browser.new_page(viewport={"width": 1280, "height": 2400})
    page.route(f"{CDN}**", _from_node_modules)
    yield page
    page.close()


def _from_node_modules(route: Route) -> None:
    """`/@scope/name@version/path` is node_modules/@scope/name/path."""
    path = urlsplit(route.request.url).path.lstrip("/")
    scope, _, rest = path.rpartition("@")
    _, _, inside = rest.partition("/")
    file = NODE_MODULES / scope / inside
    route.fulfill(
        body=file.read_bytes(),
        content_type=mimetypes.guess_type(file.name)[0],
        headers={"access-control-allow-origin": "*"},
    )


def test_the_prefilled_query_recommends(page: Page, server: str, tmp_path: Path) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{server}/graphql")
    page.get_by_role("button", name="Execute query").click()
    result = page.locator(".result-window")
    result.get_by_text('"Fugue"').wait_for()
    page.screenshot(path=tmp_path / "graphiql.png")
    shown = result.inner_text()
    assert [title for title in ("Fugue", "Élégie", "Toccata", "Waltz") if f'"{title}"' in shown] == [
        "Fugue",
        "Élégie",
        "Toccata",
        "Waltz",
    ]
    assert "Both sound like: piano, classical" in shown
    assert complaints == []


def test_a_query_in_the_address_is_shown_and_not_run(page: Page, server: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.post_data or "") if request.method == "POST" else None)
    page.goto(f"{server}/graphql?query={quote('query Shared { albums { totalCount } } # </script>')}")
    editor = page.locator(".graphiql-query-editor")
    editor.get_by_text("Shared").wait_for()
    page.wait_for_load_state("networkidle")
    assert "# </script>" in editor.inner_text()
    # What GraphiQL asks by itself is the schema.
    assert ["IntrospectionQuery" in operation for operation in asked] == [True]
