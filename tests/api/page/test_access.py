"""Everybody can use the page: axe finds nothing against it, in both themes, from a phone to a wall."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from domain.ids import encode
from tests.api.page.archive import Visited
from tests.api.page.conftest import Heard

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"

if not AXE.is_file():
    pytest.skip("The page is not checked with axe: it is not here (npm ci in tests/web)", allow_module_level=True)

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async (tags) => {
  const found = await axe.run(document, { runOnly: { type: 'tag', values: tags } });
  return found.violations.map(({ id, impact, nodes }) => [id, impact, nodes.map((node) => node.html.slice(0, 160))]);
}"""


def violations(page: Page) -> list[Any]:  # Any: JSON of axe
    page.evaluate(AXE.read_text(encoding="utf-8") + "; undefined")
    found: list[Any] = page.evaluate(RUN, RULES)
    return found


def places(visited: Visited) -> list[tuple[str, str]]:
    """Addresses, and the heading that each has when it is there."""
    return [
        ("#/", "Albums"),
        (f"#/album/{encode('Album', visited.albums['Slavonic Dances'])}", "Slavonic Dances"),
        (f"#/track/{encode('Track', visited.tracks['Lieder no. 2'])}", "Lieder no. 2"),
        ("#/tracks", "Tracks"),
        ("#/map", "Map of the archive"),
        ("#/curators", "For curators"),
    ]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 1440), ("light", 390), ("dark", 390)])
def test_axe_finds_nothing(page: Page, visited: Visited, scheme: str, width: int, heard: Heard) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]  # one of its literals
    page.set_viewport_size({"width": width, "height": 900})
    found = {}
    for address, heading in places(visited):
        page.evaluate("(hash) => { location.hash = hash }", address)
        page.get_by_role("heading", level=1, name=heading).wait_for()
        page.wait_for_load_state("networkidle")
        if "track/" in address:
            page.get_by_role("slider", name="Position in").first.press("Shift+ArrowRight")
            page.get_by_role("button", name="Find passages like this").click()
            page.locator(".passages .track-row").first.wait_for()
            page.locator(".outline .big-play").click()
            page.locator(".follow-list .track-row").first.wait_for(state="attached")
        if wrong := violations(page):
            found[address] = wrong
    assert found == {}
    assert heard.complaints == []


@pytest.mark.parametrize("width", [320, 390, 768, 1440, 2560])
def test_nothing_is_wider_than_the_screen(page: Page, visited: Visited, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    for address, heading in places(visited):
        page.evaluate("(hash) => { location.hash = hash }", address)
        page.get_by_role("heading", level=1, name=heading).wait_for()
        page.wait_for_load_state("networkidle")
        over = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert (address, over) == (address, 0)


def test_what_is_larger_on_a_wall_does_not_overlap(page: Page) -> None:
    page.set_viewport_size({"width": 2560, "height": 800})
    page.get_by_role("link", name="Tracks", exact=True).click()
    row = page.locator(".rows > li").first
    row.get_by_role("button").click()
    follows = page.locator(".follow-list > li").first
    follows.wait_for()
    text = row.locator(".track-row").bounding_box()
    place = row.bounding_box()
    assert text is not None
    assert place is not None
    assert text["height"] <= place["height"] == 75  # 3.75 rem of 20 pixels
    reason = page.locator(".because").bounding_box()
    first = follows.bounding_box()
    assert reason is not None
    assert first is not None
    assert reason["y"] + page.locator(".because").evaluate("(said) => said.scrollHeight") <= first["y"]


def test_the_page_does_not_jump_while_it_loads(page: Page, visited: Visited) -> None:
    page.evaluate(
        """() => {
            window.jumps = 0;
            const add = (entry) => { if (!entry.hadRecentInput) window.jumps += entry.value; };
            const observer = new PerformanceObserver((list) => list.getEntries().forEach(add));
            observer.observe({ type: "layout-shift", buffered: true });
        }"""
    )
    page.locator(".tile").first.wait_for()
    page.wait_for_load_state("networkidle")
    # What Core Web Vitals call good is .1.
    assert page.evaluate("() => window.jumps") < 0.02


def test_the_keyboard_reaches_everything_in_order(page: Page) -> None:
    page.locator(".tile").first.wait_for()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(".tile").first).to_be_focused()
    page.keyboard.press("Enter")
    # The new page's name has the focus, so that it is read out.
    expect(page.get_by_role("heading", level=1, name="Lieder ohne Worte")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Play the album")).to_be_focused()


def test_on_a_phone_what_follows_is_opened_and_closed(context: BrowserContext, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    panel = page.locator(".follow")
    expect(panel).to_be_hidden()
    button = page.get_by_role("button", name="Show what follows")
    button.click()
    expect(panel).to_be_visible()
    expect(panel.get_by_role("button", name="Hide what follows")).to_be_focused()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(button).to_have_attribute("aria-expanded", "false")
