"""A visit in a real browser: from the albums to the fifth track that follows, with sound."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import psycopg
from playwright.sync_api import Page, expect

from domain.ids import encode
from tests.api.page.archive import HOSTILE, MORE_TRACKS, SECONDS, Visited
from tests.api.page.conftest import Heard

SOUNDS = "() => { const audio = document.querySelector('audio'); return !audio.paused && audio.currentTime > 0.15; }"
AT = "() => document.querySelector('audio').currentTime"
# Chromium's own count of what it has decoded of a recording.
DECODED = "() => document.querySelector('audio').webkitAudioDecodedByteCount"


def open_track(page: Page, visited: Visited, title: str) -> None:
    page.evaluate("(hash) => { location.hash = hash }", f"#/track/{encode('Track', visited.tracks[title])}")
    page.get_by_role("heading", level=1, name=title, exact=True).wait_for()


def follows(page: Page) -> list[str]:
    return page.locator(".follow-list .row-title").all_inner_texts()


def playing(page: Page) -> str:
    return page.locator(".bar-title").inner_text()


def until_sounds(page: Page, title: str) -> None:
    expect(page.locator(".bar-title")).to_have_text(title)
    page.wait_for_function(SOUNDS)


def because(page: Page) -> str:
    return page.locator(".because").inner_text()


def test_from_the_albums_to_the_fifth_track_that_follows(page: Page, visited: Visited, heard: Heard) -> None:
    page.get_by_role("list", name="Albums").get_by_role("link", name="Lieder ohne Worte").click()
    page.get_by_role("heading", level=1, name="Lieder ohne Worte").wait_for()
    assert "6 tracks · 1 minute · 1836" in page.locator(".facts").inner_text()  # 6 × 9 s
    page.get_by_role("link", name="Lieder no. 1", exact=True).click()
    page.get_by_role("heading", level=1, name="Lieder no. 1").wait_for()
    liked = page.locator(".like-these")
    liked.get_by_role("heading", name="You may like these …").wait_for()
    assert liked.locator(".reasons li").first.inner_text() == "Also by Fanny Hensel"
    page.locator(".outline").get_by_role("button", name="Play Lieder no. 1").click()
    until_sounds(page, "Lieder no. 1")
    assert page.evaluate(DECODED) > 0
    first_at = page.evaluate(AT)
    page.wait_for_function(f"() => document.querySelector('audio').currentTime > {first_at} + 0.2")

    # What is by the same composer follows, since it sounds alike.
    expect(page.locator(".because")).to_have_text("Follows “Lieder no. 1”")
    once = follows(page)
    assert len(once) == 6
    assert {visited.composer_of[title] for title in once[:2]} == {"Fanny Hensel"}

    # A skip speaks against it: what was to follow is another track now, and the page says why.
    page.get_by_role("button", name="Skip to what follows").click()
    expect(page.locator(".because")).to_contain_text("Steers away from “Lieder no. 1”, which you skipped — ")
    expect(page.locator(".bar-title")).not_to_have_text("Lieder no. 1")
    second = playing(page)
    assert second != "Lieder no. 1"
    until_sounds(page, second)

    # A like speaks for it.
    page.get_by_role("button", name="Like", exact=True).click()
    expect(page.locator(".because")).to_contain_text(f"Follows your liking “{second}”")
    expect(page.locator(".bar").get_by_role("button", name="Like", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    after_like = follows(page)
    assert second not in after_like
    assert visited.composer_of[after_like[0]] == visited.composer_of[second]

    # The end of a track leads on by itself.
    open_track(page, visited, second)
    page.get_by_role("slider", name=f"Position in {second}").press("End")
    expect(page.locator(".bar-title")).to_have_text(after_like[0])
    played = ["Lieder no. 1", second]
    for _ in range(3):
        title = playing(page)
        until_sounds(page, title)
        played.append(title)
        page.get_by_role("button", name="Skip to what follows").click()
        expect(page.locator(".bar-title")).not_to_have_text(title)
    played.append(playing(page))
    until_sounds(page, played[-1])
    assert len(set(played)) == 6  # the first, and five that followed
    page.wait_for_load_state("networkidle")

    with psycopg.connect(visited.url) as connection:
        log = connection.execute(
            "SELECT t.title, i.kind, i.rank FROM interactions i JOIN tracks t ON t.id = i.track_id"
            " WHERE i.user_id = (SELECT id FROM users ORDER BY created_at DESC LIMIT 1) ORDER BY i.id"
        ).fetchall()
    assert [(title, kind) for title, kind, _ in log] == [
        (played[0], "PLAY"),
        (played[0], "SKIP"),
        (played[1], "PLAY"),
        (played[1], "LIKE"),
        (played[1], "COMPLETE"),
        (played[2], "PLAY"),
        (played[2], "SKIP"),
        (played[3], "PLAY"),
        (played[3], "SKIP"),
        (played[4], "PLAY"),
        (played[4], "SKIP"),
        (played[5], "PLAY"),
    ]
    # Each was first in the list that it was taken from, but the one that was chosen by hand.
    assert [rank for _, kind, rank in log if kind == "PLAY"] == [None, 1, 1, 1, 1, 1]
    assert heard.complaints == []


def test_the_listener_may_be_forgotten(page: Page, visited: Visited) -> None:
    open_track(page, visited, "Slavonic no. 2")
    page.locator(".outline").get_by_role("button", name="Play Slavonic no. 2").click()
    until_sounds(page, "Slavonic no. 2")
    page.wait_for_load_state("networkidle")
    newest = "SELECT id FROM users ORDER BY created_at DESC LIMIT 1"
    with psycopg.connect(visited.url, autocommit=True) as connection:
        [user] = connection.execute(newest).fetchone() or [None]
        count = "SELECT count(*) FROM interactions WHERE user_id = %s"
        assert connection.execute(count, [user]).fetchone() == (1,)
        page.get_by_role("button", name="Forget me").click()
        expect(page.locator(".follow-about")).to_contain_text("Play something")
        page.wait_for_load_state("networkidle")
        assert connection.execute(count, [user]).fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM users WHERE id = %s", [user]).fetchone() == (0,)
    assert page.evaluate("() => sessionStorage.length") == 0


def test_a_passage_is_selected_heard_and_found_elsewhere(page: Page, visited: Visited, heard: Heard) -> None:
    open_track(page, visited, "Lieder no. 1")
    wave = page.get_by_role("slider", name="Position in Lieder no. 1")
    box = wave.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    # From a third to two thirds of nine seconds: three to six.
    page.mouse.move(box["x"] + box["width"] / 3, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, middle, steps=3)
    page.mouse.move(box["x"] + box["width"] * 2 / 3, middle, steps=3)
    page.mouse.up()
    fields = page.get_by_role("form", name="Passage")
    assert [fields.get_by_label(label).input_value() for label in ("From", "To")] == ["0:03", "0:06"]
    fields.get_by_role("button", name="Play the passage").click()
    page.wait_for_function(
        "() => { const { paused, currentTime } = document.querySelector('audio'); return !paused && currentTime > 3; }"
    )
    page.wait_for_function("() => document.querySelector('audio').paused")
    assert 5.7 < page.evaluate(AT) < 6.8
    fields.get_by_role("button", name="Find passages like this").click()
    found = page.locator(".passages .track-row")
    found.first.wait_for()
    composers = [visited.composer_of[title] for title in found.locator(".row-title").all_inner_texts()]
    assert composers[:5] == ["Fanny Hensel"] * 5  # the five others on the album, then others
    assert found.locator(".times").first.inner_text() == "0:00 – 0:09"
    found.first.get_by_role("button").click()
    until_sounds(page, found.locator(".row-title").first.inner_text())
    assert heard.complaints == []


def test_a_passage_is_selected_with_the_keyboard(page: Page, visited: Visited) -> None:
    open_track(page, visited, "Partitas no. 1")
    wave = page.get_by_role("slider", name="Position in Partitas no. 1")
    wave.focus()
    wave.press("ArrowRight")
    expect(wave).to_have_attribute("aria-valuetext", "5 seconds of 9 seconds")
    wave.press("Shift+ArrowRight")
    wave.press("Shift+ArrowRight")
    fields = page.get_by_role("form", name="Passage")
    assert [fields.get_by_label(label).input_value() for label in ("From", "To")] == ["0:05", "0:07"]
    fields.get_by_label("To").fill("0:04")
    fields.get_by_label("To").press("Tab")
    expect(fields.get_by_role("alert")).to_have_text("Write times as minutes:seconds, the end after the beginning.")
    fields.get_by_label("From").fill("1")
    fields.get_by_label("From").press("Tab")
    expect(fields.get_by_role("alert")).to_have_text("")
    wave.press("Space")
    until_sounds(page, "Partitas no. 1")


def test_search_answers_while_it_is_typed_and_leads_on(page: Page, heard: Heard) -> None:
    box = page.get_by_role("combobox", name="Search")
    page.keyboard.press("Control+k")
    expect(box).to_be_focused()
    box.press_sequentially("dvora", delay=30)
    options = page.get_by_role("option")
    expect(options.last).to_contain_text("Antonín Dvořák")
    assert options.count() == 6 + 1 + 1  # tracks, his album, and he himself
    for _ in range(7):
        box.press("ArrowDown")
    expect(options.nth(6)).to_have_attribute("aria-selected", "true")
    box.press("Enter")
    page.get_by_role("heading", level=1, name="Slavonic Dances").wait_for()
    box.fill("qqqq")
    page.get_by_text("Nothing is called “qqqq”.").first.wait_for()
    box.press("Escape")
    expect(box).to_have_value("")
    assert heard.complaints == []


def test_a_title_that_tries_to_do_harm_is_a_title(page: Page, visited: Visited, heard: Heard) -> None:
    open_track(page, visited, HOSTILE)
    page.locator(".outline").get_by_role("button", name=f"Play {HOSTILE}").click()
    until_sounds(page, HOSTILE)
    page.get_by_role("link", name="Partitas").first.click()
    page.get_by_role("link", name=HOSTILE, exact=True).first.wait_for()
    page.get_by_role("combobox", name="Search").fill("onerror")
    page.get_by_role("option").first.wait_for()
    assert page.get_by_role("option").first.locator(".search-title").inner_text() == HOSTILE
    assert page.evaluate("() => document.body.dataset.harmed") is None
    assert page.locator("img[src=x]").count() == 0
    assert heard.complaints == []


def test_a_point_of_the_map_plays_and_a_way_leads_across(page: Page, visited: Visited, heard: Heard) -> None:
    page.get_by_role("link", name="Map").click()
    view = page.get_by_role("application")
    view.wait_for()
    assert "24 tracks" in page.locator(".page .count").inner_text()
    legend = page.get_by_role("group", name="Legend")
    expect(legend.get_by_role("button", name="harpsichord")).to_contain_text("6")
    page.get_by_label("Colour by", exact=True).select_option("COMPOSER")
    expect(legend.get_by_role("button")).to_have_count(4)
    # With the keyboard: to a track, and play it.
    view.focus()
    view.press("ArrowRight")
    expect(page.locator(".map-tip")).to_be_visible()
    view.press("Enter")
    expect(page.locator(".bar-title")).to_be_visible()
    page.wait_for_function(SOUNDS)
    # With the pointer: where the ring is, there is a point.
    ring = page.locator(".map-playing").bounding_box()
    assert ring is not None
    page.get_by_role("button", name="Draw a way").click()
    page.get_by_text("Choose where it begins.").wait_for()
    page.mouse.click(ring["x"] + ring["width"] / 2, ring["y"] + ring["height"] / 2)
    page.get_by_text("Choose where it leads.").wait_for()
    view.focus()
    for _ in range(3):
        view.press("ArrowLeft")
        view.press("ArrowUp")
    view.press("Enter")
    way = page.locator(".way")
    way.get_by_role("button", name="Play this way").wait_for()
    titles = way.locator(".row-title").all_inner_texts()
    assert titles[0] == playing(page)
    assert len(titles) == 8
    assert page.locator(".way-stops circle").count() == 8
    way.get_by_role("button", name="Play this way").click()
    until_sounds(page, titles[0])
    assert page.locator(".follow-list .row-title").first.inner_text() == titles[1]
    assert heard.complaints == []


def test_a_curator_sees_a_job_go_on(page: Page, visited: Visited, heard: Heard) -> None:
    with psycopg.connect(visited.url, autocommit=True) as connection:
        [job] = connection.execute(
            "INSERT INTO jobs (id, kind, status, arguments, total, done, failed, started_at) VALUES"
            " (gen_random_uuid(), 'embed', 'RUNNING', '{}', 10, 3, 0, now()) RETURNING id"
        ).fetchone() or [None]
        page.get_by_role("link", name="Curators").click()
        row = page.locator(".job", has_text="Hear new tracks")
        expect(row.locator(".job-count")).to_have_text("3 of 10")
        connection.execute("UPDATE jobs SET done = 7, current = 'Sea no. 1' WHERE id = %s", [job])
        expect(row.locator(".job-count")).to_have_text("7 of 10")
        expect(row.locator(".job-about")).to_contain_text("Sea no. 1")
        assert row.get_by_role("progressbar").evaluate("(bar) => bar.value / bar.max") == 0.7
        connection.execute("UPDATE jobs SET done = 10, status = 'SUCCEEDED', finished_at = now() WHERE id = %s", [job])
        expect(row.locator(".job-about")).to_contain_text("done")
        [waiting] = connection.execute(
            "INSERT INTO jobs (id, kind, status, arguments, total, done, failed) VALUES"
            " (gen_random_uuid(), 'embed', 'WAITING', '{}', 5, 0, 0) RETURNING id"
        ).fetchone() or [None]
        newer = page.locator(".job", has_text="0 of 5")
        newer.get_by_role("button", name="Cancel").click()
        expect(newer.locator(".job-about")).to_contain_text("cancelled")
        found = connection.execute("SELECT status FROM jobs WHERE id = %s", [waiting]).fetchone()
    assert found == ("CANCELLED",)
    space = page.locator(".card", has_text="musicnn-mtt")
    assert "Licence: ISC; commercial use allowed" in space.inner_text()
    assert page.get_by_text("None has been trained yet").count() == 1
    assert heard.complaints == []


def test_a_finger_that_scrolls_what_was_found_chooses_nothing(page: Page) -> None:
    page.get_by_role("combobox", name="Search").fill("dvora")
    option = page.get_by_role("option").first
    option.wait_for()
    option.dispatch_event("pointerdown", {"button": 0, "pointerType": "touch"})
    assert page.evaluate("() => location.hash") == ""
    option.click()
    page.get_by_role("heading", level=1).get_by_text("Slavonic").wait_for()


def test_rows_that_were_scrolled_away_keep_their_order(page: Page) -> None:
    page.get_by_role("link", name="Tracks", exact=True).click()
    page.get_by_text(f"{24 + MORE_TRACKS:,} tracks").wait_for()
    page.locator(".rows > li").nth(2).locator(".row-title").focus()
    page.evaluate("() => scrollTo(0, 4000)")
    places = "() => Array.from(document.querySelectorAll('.rows > li'), (row) => Number(row.ariaPosInSet))"
    # The third row has the focus and stays; at 4000 pixels those around the 67th are seen, of 60 pixels each.
    page.wait_for_function(f"() => ({places})().includes(67)")
    there = page.evaluate(places)
    assert there[0] == 3
    assert there == sorted(there)


def test_no_text_becomes_code(page: Page) -> None:
    refused = """() => ["innerHTML", "outerHTML"].map((name) => {
        try { document.createElement("p")[name] = "<b>bold</b>"; return "taken"; } catch (error) { return error.name; }
    })"""
    assert page.evaluate(refused) == ["TypeError", "TypeError"]


def test_a_list_of_any_length_keeps_a_few_rows(page: Page) -> None:
    page.get_by_role("link", name="Tracks").click()
    page.get_by_text(f"{24 + MORE_TRACKS:,} tracks").wait_for()
    rows = page.locator(".rows > li")
    last = page.get_by_role("link", name=f"Zz study {MORE_TRACKS}", exact=True)
    while not last.count():
        before = page.evaluate("() => document.documentElement.scrollHeight")
        page.evaluate("() => scrollTo(0, document.documentElement.scrollHeight)")
        page.wait_for_function(
            f"() => document.documentElement.scrollHeight > {before}"
            f" || document.body.innerText.includes('Zz study {MORE_TRACKS}')"
        )
    assert rows.count() < 60
    assert rows.last.get_attribute("aria-setsize") == str(24 + MORE_TRACKS)
    assert rows.last.get_attribute("aria-posinset") == str(24 + MORE_TRACKS)


def test_an_archive_that_is_away_is_waited_for(page: Page, visited: Visited, server: str) -> None:
    page.route("**/*", lambda route: route.abort())
    page.evaluate("(hash) => { location.hash = hash }", f"#/album/{encode('Album', visited.albums['Partitas'])}")
    # The album's page itself is a file, so that it fails as a whole; then the banner.
    expect(page.locator(".state, .banner:not([hidden])").first).to_contain_text(
        re.compile("cannot be reached|did not work")
    )
    page.unroute("**/*")
    page.get_by_role("button", name="Try again").click()
    page.get_by_role("heading", level=1, name="Partitas").wait_for()
    page.route("**/graphql*", lambda route: route.abort())
    page.evaluate("(hash) => { location.hash = hash }", f"#/album/{encode('Album', visited.albums['Sea Pictures'])}")
    expect(page.locator(".banner")).to_contain_text("cannot be reached")
    page.unroute("**/graphql*")
    page.get_by_role("heading", level=1, name="Sea Pictures").wait_for()  # by itself
    expect(page.locator(".banner")).to_be_hidden()


def test_what_is_not_here_is_said(page: Page) -> None:
    page.evaluate("() => { location.hash = '#/nowhere/at/all' }")
    page.get_by_text("This is not here").wait_for()
    page.evaluate("(hash) => { location.hash = hash }", f"#/track/{encode('Track', 999_999)}")
    page.get_by_text("It was removed, or its address is not complete.").wait_for()
    page.get_by_role("link", name="To the albums").click()
    page.get_by_role("heading", level=1, name="Albums").wait_for()


def test_every_byte_comes_from_the_api_and_signed_addresses(
    page: Page, visited: Visited, server: str, heard: Heard
) -> None:
    open_track(page, visited, "Sea no. 4")
    page.locator(".outline").get_by_role("button", name="Play Sea no. 4").click()
    until_sounds(page, "Sea no. 4")
    page.wait_for_load_state("networkidle")
    token = page.evaluate("() => JSON.parse(sessionStorage.getItem('segue.visitor')).token")
    origins = {f"{urlsplit(address).scheme}://{urlsplit(address).netloc}" for address in heard.addresses}
    first = {urlsplit(address).path.split("/")[1] for address in heard.addresses}
    assert origins == {server}
    assert first == {"", "web", "graphql", "audio"}
    assert [address for address in heard.addresses if token in address or token.split(".")[0] in address] == []
    # Queries go by their hash: no document is sent, nor fetched.
    assert [address for address in heard.addresses if address.endswith(".graphql")] == []
    assert page.evaluate("() => Math.round(document.querySelector('audio').duration)") == SECONDS
