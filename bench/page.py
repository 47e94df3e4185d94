"""How quick the listening page is, in headless Chromium on loopback.

    python bench/page.py [--url http://127.0.0.1:8000] [--rounds 5] [--points 20000]

Without `--url`, it serves an archive of its own with one recording. It prints the medians of `--rounds` fresh browsers:
first contentful paint; from the press of the button until sound is heard (`currentTime` moves); and the bytes of the
page before anything is done, without recordings and covers. Then frames a second while a map of `--points` points is
panned for five seconds; its points are made up, in the page, in place of the server's answer.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen
from urllib.parse import parse_qs, unquote, urlsplit

import httpx
from playwright.sync_api import Browser, Page, Route, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

FIRST_TRACK = "{ tracks(first: 1, orderBy: CATALOGUE) { nodes { id } } }"
PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
SIZES = """() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
    .filter(({ name }) => !/\\/(audio|cover)\\//.test(name))
    .reduce((sum, { transferSize }) => sum + transferSize, 0)"""
# From the click to the first moment at which the recording has gone on.
LISTEN = """() => new Promise((resolve) => {
    const button = document.querySelector('.outline .big-play');
    const audio = document.querySelector('audio');
    const begun = performance.now();
    const sounds = () => audio.currentTime > 0 && !audio.paused;
    const look = () => sounds() ? resolve(performance.now() - begun) : setTimeout(look, 1);
    button.click();
    look();
})"""
FRAMES = """(seconds) => new Promise((resolve) => {
    const view = document.querySelector('.map-view');
    const { left, top, width, height } = view.getBoundingClientRect();
    const at = (time) => ({ clientX: left + width * (0.5 + 0.3 * Math.sin(time / 400)),
                            clientY: top + height * (0.5 + 0.3 * Math.cos(time / 530)), pointerId: 1, bubbles: true });
    view.setPointerCapture = () => {};
    const times = [];
    const begun = performance.now();
    view.dispatchEvent(new PointerEvent('pointerdown', { ...at(0), button: 0 }));
    const frame = (now) => {
        times.push(now);
        view.dispatchEvent(new PointerEvent('pointermove', at(now - begun)));
        if (now - begun < seconds * 1000) requestAnimationFrame(frame);
        else {
            view.dispatchEvent(new PointerEvent('pointerup', at(now - begun)));
            resolve(times.slice(1).map((time, n) => time - times[n]));
        }
    };
    requestAnimationFrame(frame);
})"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", help="a server with an archive; without it, one is made")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--points", type=int, default=20_000)
    arguments = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("There is no chromium on the path")
    with served(arguments.url) as url, sync_playwright() as playwright:
        rounds = []
        for _ in range(arguments.rounds):
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--mute-audio"])
            rounds.append(visit(browser, url))
            browser.close()
        paint, sound, size = (statistics.median(values) for values in zip(*rounds, strict=True))
        print(f"first contentful paint  {paint:8.0f} ms")
        print(f"time to first sound     {sound:8.0f} ms after the press of the button")
        print(f"before interaction      {size / 1000:8.1f} kB")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        report_frames(browser, url, arguments.points)
        browser.close()


def visit(browser: Browser, url: str) -> tuple[float, float, float]:
    """Milliseconds to the first paint and to the first sound, and bytes before interaction."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(f"{url}/")
    page.locator(".tile").first.wait_for()
    page.wait_for_load_state("networkidle")
    paint, size = page.evaluate(PAINT), page.evaluate(SIZES)
    answer = httpx.post(f"{url}/graphql", json={"query": FIRST_TRACK}).json()
    page.evaluate("(hash) => { location.hash = hash }", f"#/track/{answer['data']['tracks']['nodes'][0]['id']}")
    page.locator(".outline .big-play").wait_for()
    page.wait_for_load_state("networkidle")
    return paint, page.evaluate(LISTEN), size


def report_frames(browser: Browser, url: str, points: int) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    serve_points(page, points)
    page.goto(f"{url}/#/map")
    page.locator(".legend-entry").first.wait_for()
    page.wait_for_load_state("networkidle")
    gaps = sorted(page.evaluate(FRAMES, 5))
    rate = 1000 * len(gaps) / sum(gaps)
    late = gaps[int(0.99 * len(gaps))]
    renderer = page.evaluate(
        "() => document.querySelector('.map-canvas').getContext('webgl')?.getParameter(7937) ?? 'plain canvas'"
    )
    print(f"panning {points:,} points  {rate:8.1f} frames a second, 99 in 100 within {late:.1f} ms ({renderer})")


def serve_points(page: Page, points: int) -> None:
    """Answer the page's questions about maps with made-up ones; everything else is the server's."""
    drawn = random.Random(1)
    centres = [(drawn.uniform(0.1, 0.9), drawn.uniform(0.1, 0.9)) for _ in range(40)]
    x, y, groups = [], [], [[] for _ in range(12)]
    for place in range(points):
        centre = drawn.randrange(len(centres))
        for values, middle in zip((x, y), centres[centre], strict=True):
            values.append(round(65_535 * min(1.0, max(0.0, drawn.gauss(middle, 0.04)))))
        if centre < len(groups):
            groups[centre].append(place)
    made = {"method": "PCA", "madeAt": "2024-01-01T00:00:00Z"}
    ids = [f"made up {place}" for place in range(points)]
    hashes = {}

    def answered(route: Route) -> None:
        asked = parse_qs(urlsplit(route.request.url).query)
        name = hashes.get(
            json.loads(unquote(asked.get("extensions", ["{}"])[0])).get("persistedQuery", {}).get("sha256Hash")
        )
        if name == "maps":
            data = {"spaces": [{"id": "made up", "name": "made-up", "trackCount": points, "map": made}]}
        elif name == "map_points":
            data = {"node": {"name": "made-up", "map": {**made, "points": {"trackIds": ids, "x": x, "y": y}}}}
        elif name == "map_groups":
            named = [{"name": f"Group {n}", "places": places} for n, places in enumerate(groups)]
            data = {"node": {"map": {**made, "groups": named}}}
        else:
            route.continue_()
            return
        route.fulfill(json={"data": data})

    def hashed(route: Route) -> None:
        response = route.fetch()
        hashes.update({hash_: name for name, hash_ in response.json().items()})
        route.fulfill(response=response)

    page.route("**/web/queries.json", hashed)
    page.route("**/graphql?**", answered)


@contextmanager
def served(url: str | None) -> Iterator[str]:
    """The server that is named, or one of our own with the archive of the page's tests."""
    if url is not None:
        yield url.rstrip("/")
        return
    from sql.embedded import ensure_running, stop
    from sql.migrate import migrate
    from tests.api.page.archive import fill

    with tempfile.TemporaryDirectory(prefix="segue-bench-") as folder:
        data_dir = Path(folder)
        database_url = ensure_running(data_dir)
        try:
            migrate(database_url)
            (data_dir / "recordings").mkdir()
            fill(database_url, data_dir / "recordings")
            environment = os.environ | {"SEGUE_DATABASE_URL": database_url, "SEGUE_DATA_DIR": folder}
            command = [sys.executable, "-m", "uvicorn", "api.app:from_environment", "--factory", "--port", "8791"]
            server = Popen([*command, "--log-level", "warning"], env=environment, cwd=ROOT)
            try:
                await_health("http://127.0.0.1:8791")
                yield "http://127.0.0.1:8791"
            finally:
                server.terminate()
                server.wait(10)
        finally:
            stop(data_dir)


def await_health(url: str) -> None:
    for _ in range(300):
        try:
            httpx.get(f"{url}/healthz").raise_for_status()
            return
        except httpx.HTTPError:
            time.sleep(0.1)
    sys.exit("The server does not answer")


if __name__ == "__main__":
    main()
