"""The map: how it is painted, turned and coloured, and what its keys leave to the browser."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.api.page.conftest import Heard

# In this browser a graphics processor is imitated, which the page does without; here it is to take it all the same.
TAKE_IMITATION = """(() => {
    const { getContext } = HTMLCanvasElement.prototype;
    HTMLCanvasElement.prototype.getContext = function (kind, options) {
        return getContext.call(this, kind, { ...options, failIfMajorPerformanceCaveat: false });
    };
    WebGLRenderingContext.prototype.getParameter = () => "A graphics processor";
})()"""
# Two painters on canvases of 300 × 200 pixels: the first is moved, the second paints each view as a whole.
MOVED_AND_WHOLE = """async () => {
    const { MapPoints } = await import("/web/map_points.js");
    const { plainPainter } = await import("/web/map_paint_plain.js");
    let seed = 1;
    const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
    const trackIds = Array.from({ length: 2000 }, (_, place) => `${place}`);
    const [x, y] = [0, 1].map(() => trackIds.map(() => Math.floor(random() * 65536)));
    const points = new MapPoints({ trackIds, x, y });
    const groups = Uint8Array.from(trackIds, () => Math.floor(random() * 3));
    const colours = ["#808080", "#ff0000", "#0000ff"];
    const canvases = [0, 1].map(() => {
        const canvas = document.createElement("canvas");
        canvas.style.cssText = "width: 300px; height: 200px";
        document.body.append(canvas);
        return canvas;
    });
    const [moved, whole] = canvases.map((canvas) => plainPainter(canvas, points));
    moved.group(groups, colours);
    let [unlike, inked] = [0, 0];
    for (let step = 0; step < 30; step++) {
        // In all directions, by a pixel and by more than the picture, and once nearer.
        const [x, y] = [0.5 + 0.3 * Math.sin(step / 3), 0.5 + 0.3 * Math.cos(step / 2)];
        const view = { x, y, scale: step < 20 ? 700 : 900, radius: 4, chosen: step % 10 ? -1 : 1 };
        moved.paint(view);
        whole.group(groups, colours);
        whole.paint(view);
        const [one, other] = canvases.map((canvas) => canvas.getContext("2d").getImageData(0, 0, 300, 200).data);
        unlike += one.filter((value, at) => value !== other[at]).length;
        inked += one.filter((value, at) => value !== one[at % 4]).length;
    }
    return [unlike, inked > 0];
}"""
PIXELS = """() => {
    const canvas = document.querySelector(".map-canvas");
    const copy = Object.assign(document.createElement("canvas"), { width: canvas.width, height: canvas.height });
    const context = copy.getContext("2d");
    context.drawImage(canvas, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    return [Boolean(canvas.getContext("webgl")), new Set(new Uint32Array(data.buffer)).size];
}"""


def open_map(page: Page) -> None:
    page.evaluate("() => { location.hash = '#/map' }")
    page.locator(".legend-entry").first.wait_for()


def test_what_is_moved_looks_as_if_it_were_painted_anew(page: Page) -> None:
    assert page.evaluate(MOVED_AND_WHOLE) == [0, True]


def test_a_map_that_is_higher_than_wide_is_turned_by_a_quarter(page: Page) -> None:
    turned = page.evaluate(
        """async () => {
            const { MapPoints } = await import("/web/map_points.js");
            const wide = { trackIds: ["left", "middle", "right"], x: [0, 13107, 65535], y: [13107, 0, 13107] };
            return [true, false].map((isWide) => {
                const { x, y, ...points } = new MapPoints(wide, isWide);
                const round = (values) => Array.from(values, (value) => Math.round(value * 10) / 10);
                return [round(x), round(y), points.across.size > points.upright.size];
            });
        }"""
    )
    # 13107 is a fifth of 65535. Turned, what was to the right is below.
    assert turned == [
        [[0, 0.2, 1], [0.2, 0, 0.2], True],
        [[0.2, 0, 0.2], [1, 0.8, 0], False],
    ]


def test_arrows_go_to_what_lies_ahead_and_is_shown(page: Page) -> None:
    assert page.evaluate(
        """async () => {
            const { MapPoints } = await import("/web/map_points.js");
            const places = { trackIds: ["a", "b", "c", "d"], x: [0, 20000, 40000, 60000], y: [0, 0, 9000, 0] };
            const points = new MapPoints(places);
            return [points.towards(0, 1, 0), points.towards(0, 1, 0, (place) => place !== 1), points.towards(3, 1, 0)];
        }"""
    ) == [1, 2, -1]


def test_an_archive_without_tags_is_coloured_by_composer(page: Page, heard: Heard) -> None:
    def without_tags(route: Route) -> None:
        variables = json.loads(parse_qs(urlsplit(route.request.url).query).get("variables", ["{}"])[0])
        if variables.get("by") != "TAG":
            route.continue_()
            return
        response = route.fetch()
        content = response.json()
        content["data"]["node"]["map"]["groups"] = []
        route.fulfill(response=response, json=content)

    page.route("**/graphql?**", without_tags)
    open_map(page)
    expect(page.get_by_label("Colour by", exact=True)).to_have_value("COMPOSER")
    expect(page.get_by_role("group", name="Legend").get_by_role("button")).to_have_count(4)
    assert heard.complaints == []


def test_a_map_is_painted_with_and_without_a_graphics_processor(context: BrowserContext, page: Page) -> None:
    open_map(page)
    page.wait_for_function(f"() => ({PIXELS})()[1] > 4")
    is_gl, _ = page.evaluate(PIXELS)
    assert not is_gl
    context.add_init_script(TAKE_IMITATION)
    page.reload()
    open_map(page)
    if not page.evaluate("() => Boolean(document.querySelector('.map-canvas').getContext('webgl'))"):
        pytest.skip("This browser has no WebGL, not even an imitation")
    # The browser takes it away: the map is painted without.
    page.locator(".map-canvas").evaluate(
        "(canvas) => canvas.getContext('webgl').getExtension('WEBGL_lose_context').loseContext()"
    )
    page.wait_for_function(f"() => {{ const [isGl, colours] = ({PIXELS})(); return !isGl && colours > 4; }}")


def test_keys_of_the_browser_are_left_to_it(page: Page) -> None:
    open_map(page)
    taken = """(element, event) => {
        const pressed = new KeyboardEvent("keydown", { ...event, bubbles: true, cancelable: true });
        return !element.dispatchEvent(pressed);
    }"""
    view = page.get_by_role("application")
    assert [view.evaluate(taken, {"key": key, "ctrlKey": ctrl}) for key in ("-", "0") for ctrl in (False, True)] == [
        True,
        False,
        True,
        False,
    ]
    page.evaluate("() => { location.hash = '#/tracks' }")
    page.locator(".row-title").first.click()
    wave = page.get_by_role("slider", name="Position in").first
    wave.wait_for()
    assert [wave.evaluate(taken, {"key": "ArrowLeft", "altKey": alt}) for alt in (False, True)] == [True, False]


def test_another_space_takes_the_place_of_a_map(page: Page, heard: Heard) -> None:
    """With a second space that has the first one's points: what belonged to the first is gone."""
    asked: list[str] = []

    def twice(route: Route) -> None:
        query = parse_qs(urlsplit(route.request.url).query)
        variables = json.loads(query.get("variables", ["{}"])[0])
        if "by" in variables:
            asked.append(variables["by"])
        response = route.fetch()
        content = response.json()
        spaces = (content.get("data") or {}).get("spaces")
        if spaces:
            spaces.append({**spaces[0], "name": "another", "id": spaces[0]["id"]})
        route.fulfill(response=response, json=content)

    page.route("**/graphql?**", twice)
    open_map(page)
    page.get_by_label("Heard by").dispatch_event("change")
    expect(page.get_by_label("Heard by")).to_be_focused()
    page.locator(".legend-entry").first.wait_for()
    asked.clear()
    page.emulate_media(color_scheme="dark")
    with page.expect_response("**/graphql?**"):
        page.emulate_media(color_scheme="light")
    page.wait_for_load_state("networkidle")
    assert len(asked) <= 2  # once for each change, by the one map that there is
    assert page.locator(".map").count() == 1
    assert heard.complaints == []
