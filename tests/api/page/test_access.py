"""Everybody can use the page: axe finds nothing against it, in both themes, from a phone to a wall."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from domain.ids import encode
from tests.api.page.archive import Visited
from tests.api.page.conftest import Heard

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"

if not AXE.is_file():
    pytest.skip("The page is not checked with axe: it is not here (npm ci in tests/web)", allow_module_level=True)

RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
# Between the themes, nothing but colours differs.
OF_COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
FAILED_JOB = """
    INSERT INTO jobs (id, kind, status, arguments, total, done, failed, error, started_at, finished_at)
    VALUES (gen_random_uuid(), 'reembed-request', 'FAILED', '{}', 12345, 6789, 12, %s, now(), now())
"""
# What was changed is laid out and painted.
FRAME = "() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))"
RUN = """async (rules) => {
  const found = await axe.run(document, { runOnly: rules, resultTypes: ['violations'] });
  return found.violations.map(({ id, impact, nodes }) => [id, impact, nodes.map((node) => node.html.slice(0, 160))]);
}"""


def violations(page: Page, rules: dict[str, Any]) -> list[Any]:  # Any: JSON of axe
    page.evaluate(FRAME)
    found: list[Any] = page.evaluate(RUN, rules)
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


def visit(page: Page, address: str, heading: str) -> None:
    page.evaluate("(hash) => { location.hash = hash }", address)
    page.get_by_role("heading", level=1, name=heading).wait_for()
    page.wait_for_load_state("networkidle")


def test_axe_finds_nothing(page: Page, visited: Visited, heard: Heard) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.evaluate(AXE.read_text(encoding="utf-8") + "; undefined")
    found = {}
    for address, heading in places(visited):
        visit(page, address, heading)
        if "track/" in address:
            page.get_by_role("slider", name="Position in").first.press("Shift+ArrowRight")
            page.get_by_role("button", name="Find passages like this").click()
            page.locator(".passages .track-row").first.wait_for()
            page.locator(".outline .big-play").click()
            page.locator(".follow-list .track-row").first.wait_for(state="attached")
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            for scheme, rules in (("dark", OF_COLOURS), ("light", RULES)):
                page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its literals
                if wrong := violations(page, rules):
                    found[address, width, scheme] = wrong
    assert found == {}
    assert heard.complaints == []


def test_nothing_is_wider_than_the_screen(page: Page, visited: Visited) -> None:
    with psycopg.connect(visited.url, autocommit=True) as connection:
        connection.execute(FAILED_JOB, ["x" * 200])
    over = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    for address, heading in places(visited):
        page.set_viewport_size({"width": 320, "height": 800})
        visit(page, address, heading)
        for width in (320, 390, 768, 1440, 2560):
            page.set_viewport_size({"width": width, "height": 800})
            page.evaluate(FRAME)
            assert (address, width, page.evaluate(over)) == (address, width, 0)


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
    expect(page.get_by_role("button", name="Show what follows")).to_be_focused()
