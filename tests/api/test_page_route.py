"""The listening page's files: what they may do, and that nothing beside them is served."""

from __future__ import annotations

import os
import re
import time
from hashlib import sha256
from pathlib import Path

import httpx
import orjson
import pytest
from graphql import OperationDefinitionNode, parse
from starlette.applications import Starlette

from api.documents import prepare
from api.page_route import FILES, FOLDER, content_policy
from api.report_links import signed_path
from tests.api.client import Client

pytestmark = pytest.mark.anyio

# What a page takes to be usable, without recordings and covers.
MOST_BYTES = 150_000


async def test_the_page_runs_its_own_files_only(http: httpx.AsyncClient) -> None:
    answer = await http.get("/")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "media-src": "'self'",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-frame-options"] == "DENY"


def test_covers_and_recordings_come_from_the_object_storage_where_there_is_one() -> None:
    assert "media-src 'self' https:" in content_policy(has_remote_media=True)
    assert "https:" not in content_policy(has_remote_media=False)


def test_nothing_in_the_page_is_inline() -> None:
    page = (FOLDER / "index.html").read_text(encoding="utf-8")
    assert re.findall(r"<script[^>]*>[^<]|<style|\son\w+=|style=|javascript:", page) == []
    # Text becomes text: nothing of ours reads HTML or code out of it, and nothing is fetched from elsewhere.
    unsafe = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|https?://")
    found = {
        path.name: match
        for path in FOLDER.rglob("*.js")
        for match in unsafe.findall(path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", ""))
    }
    assert found == {}


async def test_what_is_loaded_first_is_small(http: httpx.AsyncClient) -> None:
    """The page with all that it names, its queries' hashes, and what each module imports at once."""
    loaded = {"": (await http.get("/")).content}
    wanted = re.findall(r'(?:href|src)="(web/[^"]+)"', loaded[""].decode())
    while wanted:
        name = wanted.pop()
        if name in loaded:
            continue
        answer = await http.get(f"/{name}")
        assert answer.status_code == 200, name
        loaded[name] = answer.content
        if name.endswith(".js"):
            wanted += [f"web/{other}" for other in re.findall(r'^(?:import .*|} )from "\./([^"]+)"', answer.text, re.M)]
    named = set(re.findall(r'modulepreload" href="([^"]+)"', loaded[""].decode()))
    # What is not named is found late, after what imports it.
    assert {name for name in loaded if name.endswith(".js")} - named == {"web/main.js"}
    assert sum(map(len, loaded.values())) < MOST_BYTES


async def test_files_are_asked_for_again_without_bytes(http: httpx.AsyncClient) -> None:
    first = await http.get("/web/main.js")
    assert (first.status_code, first.headers["cache-control"]) == (200, "no-cache")
    assert first.headers["content-type"].partition(";")[0] in ("text/javascript", "application/javascript")
    assert first.headers["x-content-type-options"] == "nosniff"
    again = await http.get("/web/main.js", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_files_are_packed_for_who_takes_them_so(http: httpx.AsyncClient) -> None:
    plain = await http.get("/web/main.js", headers={"accept-encoding": "identity"})
    packed = await http.get("/web/main.js", headers={"accept-encoding": "br, gzip"})
    assert plain.content == packed.content == (FOLDER / "main.js").read_bytes()
    assert ("content-encoding" in plain.headers, packed.headers["content-encoding"]) == (False, "gzip")
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 2
    # A cache keeps the two apart.
    assert plain.headers["etag"] != packed.headers["etag"]
    assert plain.headers["vary"] == packed.headers["vary"] == "Accept-Encoding"


async def test_a_file_that_changes_is_read_again(
    http: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changing = tmp_path / "changing.js"
    monkeypatch.setitem(FILES, "changing.js", changing)
    changing.write_text("1")
    assert (await http.get("/web/changing.js")).text == "1"
    changing.write_text("2")
    os.utime(changing, ns=(0, changing.stat().st_mtime_ns + 1))
    assert (await http.get("/web/changing.js")).text == "2"


@pytest.mark.parametrize("path", ["/web/index.html", "/web/", "/web/../app.py", "/web/%2e%2e/app.py", "/web/none.js"])
async def test_nothing_else_is_there(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.get(path)).status_code == 404


def test_every_query_is_valid_and_named_as_its_file() -> None:
    for path in sorted((FOLDER / "queries").glob("*.graphql")):
        text = path.read_text(encoding="utf-8")
        assert prepare(text).errors == (), path.name
        [name] = [d.name.value for d in parse(text).definitions if isinstance(d, OperationDefinitionNode) and d.name]
        assert name == "".join(word.capitalize() for word in path.stem.split("_"))


def test_every_query_is_asked_by_the_page() -> None:
    asked = "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.js"))
    unused = [path.stem for path in (FOLDER / "queries").glob("*.graphql") if f'"{path.stem}"' not in asked]
    assert unused == []


def test_every_text_is_shown_by_the_page() -> None:
    named = re.findall(r"^  (\w+):", (FOLDER / "texts.js").read_text(encoding="utf-8"), re.M)
    code = "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.js") if path.name != "texts.js")
    shown = set(re.findall(r"texts\.(\w+)", code))
    # What these name is chosen while the page runs.
    shown |= set(re.findall(r'"(after[A-Z]\w+|audioGone|cannotPlay|notAtHand)"', code))
    assert [name for name in named if name not in shown] == []
    assert shown - set(named) - {"", "js"} == set()


async def test_queries_are_answered_by_hash(http: httpx.AsyncClient) -> None:
    hashes = (await http.get("/web/queries.json")).json()
    text = (FOLDER / "queries" / "search.graphql").read_bytes()
    assert hashes["search"] == sha256(text).hexdigest()
    extensions = orjson.dumps({"persistedQuery": {"version": 1, "sha256Hash": hashes["search"]}}).decode()
    answer = await http.get("/graphql", params={"variables": '{"text":"fug"}', "extensions": extensions})
    assert [track["title"] for track in answer.json()["data"]["search"]["tracks"]] == ["Fugue"]


async def test_the_report_is_served_at_a_signed_address(app: Starlette, client: Client, tmp_path: Path) -> None:
    services = app.state.services
    services.report_folder = tmp_path
    query = "{ evaluationReport { url writtenAt } }"
    local = {"host": "127.0.0.1:8000"}
    asked = await client.http.post("/graphql", json={"query": query}, headers=local)
    assert asked.json()["data"] == {"evaluationReport": None}
    (tmp_path / "index.html").write_text("<h1>MusiCNN suits you</h1>")
    (tmp_path / "results.json").write_text("{}")
    (tmp_path / "secret").write_text("none of yours")
    asked = await client.http.post("/graphql", json={"query": query}, headers=local)
    path = httpx.URL(asked.json()["data"]["evaluationReport"]["url"]).path
    page = await client.http.get(path)
    assert (page.status_code, page.text) == (200, "<h1>MusiCNN suits you</h1>")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    folder = path.removesuffix("index.html")
    assert (await client.http.get(f"{folder}results.json")).text == "{}"
    assert (await client.http.get(f"{folder}secret")).status_code == 404
    assert (await client.http.get("/report/forged/index.html")).status_code == 403
    expired = signed_path(await services.signer(), "index.html", time.time() - 3601)
    assert (await client.http.get(expired)).status_code == 403


async def test_the_report_is_for_curators(client: Client) -> None:
    assert await client.code("{ evaluationReport { url } }") == "CURATOR_ONLY"
