"""What plays, and what follows: races, failures, reasons, and forgetting."""

from __future__ import annotations

import re
from urllib.parse import quote

import psycopg
from playwright.sync_api import BrowserContext, Page, Route, expect

from domain.ids import encode
from tests.api.page.archive import Visited
from tests.api.page.conftest import Heard
from tests.api.page.test_visit import SOUNDS, follows, open_track, until_sounds

PAUSED_AT = "() => { const { paused, currentTime } = document.querySelector('audio'); return [paused, currentTime]; }"
KINDS = """
    SELECT t.title, i.kind FROM interactions i JOIN tracks t ON t.id = i.track_id
    WHERE i.user_id = (SELECT id FROM users ORDER BY created_at DESC LIMIT 1) ORDER BY i.id
"""


def play_here(page: Page, title: str) -> None:
    page.locator(".outline").get_by_role("button", name=f"Play {title}", exact=True).click()


def recorded(visited: Visited) -> list[tuple[str, str]]:
    with psycopg.connect(visited.url) as connection:
        return [(title, kind) for title, kind in connection.execute(KINDS)]


def test_reasons_are_sentences_that_differ_where_facts_do(page: Page, visited: Visited, heard: Heard) -> None:
    open_track(page, visited, "Sea no. 1")
    play_here(page, "Sea no. 1")
    expect(page.locator(".because")).to_have_text("Follows “Sea no. 1”")
    rows = page.locator(".follow-list > li")
    said = {row.locator(".row-title").inner_text(): row.locator(".reasons").inner_text() for row in rows.all()}
    # Each album is of one composer; the others were compared by sound. What is named above is not named again.
    same = [visited.composer_of[title] == "Edward Elgar" for title in said]
    assert list(said.values()) == ["Same composer" if is_same else "Sounds alike" for is_same in same]
    assert (True in same, False in same) == (True, True)
    about = page.locator(".follow-about")
    expect(about).to_have_text("Chosen by how it sounds.")
    assert about.get_attribute("title") == "KNN: no trained model is active here."
    assert re.findall(r"\bKNN\b|model is active|no embedding", page.locator("body").inner_text()) == []
    # After a second track, what was heard first is named where it is the nearest.
    open_track(page, visited, "Partitas no. 1")
    play_here(page, "Partitas no. 1")
    expect(page.locator(".because")).to_contain_text("Follows “Partitas no. 1”")
    named = page.locator(".follow-list .reasons").all_inner_texts()
    assert set(named) <= {"Same composer", "Sounds alike", "Same composer as “Sea no. 1”", "Sounds like “Sea no. 1”"}
    assert "Same composer as “Sea no. 1”" in named
    assert heard.complaints == []


def test_a_reason_that_all_have_is_said_once(page: Page) -> None:
    assert page.evaluate(
        """async () => {
            const { commonReason, reasonOf } = await import("/web/reasons.js");
            const heard = { id: "a", title: "Air" };
            const because = (kind, of) => [{ kind, text: "in other words", track: of }];
            const entry = (track, kind, of = heard) => ({ track, reasons: because(kind, of) });
            const other = { id: "b", title: "Bourrée", composer: { name: "Bach" } };
            return [
                reasonOf(entry(other, "SOUNDS_ALIKE")),
                reasonOf(entry(other, "SAME_WORK"), "a"),
                reasonOf(entry(other, "SAME_COMPOSER", other)),
                reasonOf(entry(other, "POPULAR_HERE", other)),
                reasonOf(entry(other, "NOT_KNOWN_YET")),
                reasonOf(entry(other, "SHARED_TAGS")),
                reasonOf(entry(other, "SHARED_TAGS"), "a"),
                reasonOf({ track: other, reasons: [] }),
                commonReason(["Same composer", "Same composer"]),
                commonReason(["Same composer", "Sounds alike"]),
                commonReason(["Same composer"]),
            ];
        }"""
    ) == [
        "Sounds like “Air”",
        "Same work",
        "More by Bach",
        "in other words",
        "in other words",
        "Sounds like “Air”",
        "in other words",
        "",
        "Same composer",
        "",
        "",
    ]


def test_nothing_sounds_under_another_name(page: Page, visited: Visited, heard: Heard) -> None:
    open_track(page, visited, "Sea no. 1")
    play_here(page, "Sea no. 1")
    until_sounds(page, "Sea no. 1")
    page.get_by_role("link", name="Tracks", exact=True).click()
    held: list[Route] = []
    asked_for = re.escape(quote(encode("Track", visited.tracks["Lieder no. 1"])))
    page.route(re.compile(rf"/graphql\?.*{asked_for}"), lambda route: held.append(route))
    row = page.locator(".track-row", has_text="Lieder no. 1").first
    with page.expect_request(re.compile(rf"/graphql\?.*{asked_for}")):
        row.locator(".row-play").click()
    expect(page.locator(".bar-title")).to_have_text("Lieder no. 1")
    assert page.evaluate(PAUSED_AT) == [True, 0]
    # Pressed again while its recording is on its way: it is to wait, and the one before stays silent.
    row.locator(".row-play").click()
    assert page.evaluate(PAUSED_AT) == [True, 0]
    expect(row.locator(".row-play")).to_have_attribute("aria-label", "Play Lieder no. 1")
    held[0].continue_()
    page.wait_for_function("() => document.querySelector('audio').readyState > 0")
    assert page.evaluate(PAUSED_AT) == [True, 0]
    row.locator(".row-play").click()
    until_sounds(page, "Lieder no. 1")
    assert heard.complaints == []


def test_a_recording_that_is_gone_is_said_and_passed_over(page: Page, visited: Visited) -> None:
    open_track(page, visited, "Slavonic no. 1")
    play_here(page, "Slavonic no. 1")
    until_sounds(page, "Slavonic no. 1")
    page.locator(".follow-list > li").first.wait_for()
    broken, after = follows(page)[:2]
    gone = re.compile(rf"/audio/{visited.tracks[broken]}\?")
    page.route(gone, lambda route: route.fulfill(status=404, body="gone"))
    page.locator(".follow-list .row-play").first.click()
    expect(page.locator(".bar-about")).to_have_text("The recording cannot be fetched.")
    assert page.evaluate(PAUSED_AT) == [True, 0]
    # Nothing of it sounded: nothing of it was played. What follows is another one.
    assert (broken, "PLAY") not in recorded(visited)
    page.get_by_role("button", name="Skip to what follows").click()
    until_sounds(page, after)
    # When it is there again, it is played again.
    open_track(page, visited, broken)
    page.unroute(gone)
    play_here(page, broken)
    until_sounds(page, broken)


def test_two_skips_at_once_are_one(page: Page, visited: Visited) -> None:
    open_track(page, visited, "Lieder no. 4")
    play_here(page, "Lieder no. 4")
    until_sounds(page, "Lieder no. 4")
    page.locator(".follow-list > li").first.wait_for()
    skip = page.get_by_role("button", name="Skip to what follows")
    skip.evaluate("(button) => { button.click(); button.click(); }")
    expect(page.locator(".bar-title")).not_to_have_text("Lieder no. 4")
    page.wait_for_function(SOUNDS)
    page.wait_for_load_state("networkidle")
    second = page.locator(".bar-title").inner_text()
    assert recorded(visited) == [("Lieder no. 4", "PLAY"), ("Lieder no. 4", "SKIP"), (second, "PLAY")]


def test_who_could_not_be_forgotten_is_told_so(page: Page, visited: Visited) -> None:
    open_track(page, visited, "Slavonic no. 4")
    play_here(page, "Slavonic no. 4")
    until_sounds(page, "Slavonic no. 4")
    page.locator(".follow-list > li").first.wait_for()
    page.route("**/graphql", lambda route: route.abort())
    page.get_by_role("button", name="Forget me").click()
    expect(page.locator(".follow-about")).to_contain_text("could not be forgotten yet")
    assert page.evaluate("() => 'segue.visitor' in sessionStorage")
    page.unroute("**/graphql")
    page.get_by_role("button", name="Forget me").click()
    expect(page.locator(".follow-about")).to_contain_text("Play something")
    expect(page.get_by_role("heading", name="What follows")).to_be_focused()
    assert page.evaluate("() => 'segue.visitor' in sessionStorage") is False


def test_a_browser_that_keeps_nothing_plays_all_the_same(
    context: BrowserContext, page: Page, visited: Visited, heard: Heard
) -> None:
    context.add_init_script(
        "Object.defineProperty(window, 'sessionStorage', { get() { throw new DOMException('no', 'SecurityError'); } })"
    )
    page.reload()
    open_track(page, visited, "Sea no. 2")
    play_here(page, "Sea no. 2")
    until_sounds(page, "Sea no. 2")
    page.get_by_role("button", name="Forget me").wait_for()
    assert heard.complaints == []
