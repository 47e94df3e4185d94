"""The report in a browser: it asks nothing of anybody, fits narrow screens, and can be read in light and dark."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from jobs.evaluation.report.writing import write_report
from tests.jobs.evaluation.planted import difference, document, heard_next, ndcg

FIGURES = (
    ndcg("musicnn-mtt", "composer", 0.1),
    ndcg("mfcc", "composer", 0.12),
    difference("musicnn-mtt", "mfcc", -0.02, "not distinguishable", part="content", task="composer"),
    *(heard_next("KNN", "musicnn-mtt", 0.18, part) for part in ("hot", "cold")),
    *(heard_next("BERT4REC", "musicnn-mtt", 0.2, part) for part in ("hot", "cold")),
    difference("KNN on musicnn-mtt", "BERT4REC on musicnn-mtt", -0.02, "worse", part="hot", task="against the best"),
)
# The contrast of two colours as the guidelines for accessible content count it.
CONTRAST = """
() => {
  const light = (text) => {
    const parts = text.match(/[0-9.]+/g).slice(0, 3).map((part) => {
      const value = Number(part) / 255;
      return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const paper = light(getComputedStyle(document.body).backgroundColor);
  return ["body", ".note", "td small", ".alike", "summary", "nav a"].map((where) => {
    const found = document.querySelector(where);
    const ink = found ? light(getComputedStyle(found).color) : paper > 0.5 ? 0 : 1;
    return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
  });
}
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = write_report(document(*FIGURES, users=100), tmp_path_factory.mktemp("data"))
    return (folder / "index.html").as_uri()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_in_light_and_dark(browser: Browser, address: str, scheme: str) -> None:
    page = browser.new_page(color_scheme=scheme)  # type: ignore[arg-type]  # one of two
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(address)
    assert (asked, said) == ([address], [])
    assert min(page.evaluate(CONTRAST)) >= 4.5
    assert page.locator("#verdict li").first.inner_text().startswith("No space can be told from mfcc, which has")
    page.close()


def test_spaces_that_are_left_out_are_named(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(address)
    row = page.locator("#method tr", has_text="vgg-mtt left out")
    assert row.locator("td").inner_text() == "it holds 20 tracks: fill it, or name it with --spaces"
    page.close()


def test_a_narrow_screen_scrolls_tables_and_not_the_page(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 380, "height": 800})
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") == 380
    page.close()


def test_every_table_and_picture_says_what_it_is(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(address)
    assert page.locator("table").count() == page.locator("table > caption").count()
    assert page.locator("svg").count() == page.locator("svg[role=img][aria-label]").count() > 0
    cells = "row => row.querySelector('th[scope=row]') !== null"
    assert page.locator("tbody tr").evaluate_all(f"rows => rows.every({cells})")
    page.close()


def test_names_are_never_markup(tmp_path: Path) -> None:
    folder = write_report(document(ndcg("<b>mfcc", "composer", 0.1), spaces=("<b>mfcc",)), tmp_path)
    assert "<b>" not in (folder / "index.html").read_text()
