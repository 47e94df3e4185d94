"""OpenSubsonic as players speak it, in JSON and in XML; similarities are those of tests.small_archive."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from xml.etree import ElementTree

import anyio
import httpx
import psycopg
import pytest
from starlette.applications import Starlette

from api import http_parameters
from api.app import create_app
from domain.api_key import new_key
from domain.ids import encode
from domain.settings import Settings
from sql.api_key_rows import add_key, revoke_key
from sql.engine import make_engine
from tests.api.conftest import CountingDatabase
from tests.small_archive import SmallArchive

pytestmark = pytest.mark.anyio

XML = "{http://subsonic.org/restapi}"
HERE = "http://127.0.0.1:8000"


@pytest.fixture
def app(database: CountingDatabase) -> Starlette:
    return create_app(Settings(subsonic=True), database)


@pytest.fixture
async def player(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    """A player on the server's machine."""
    parameters = {"v": "1.16.1", "c": "test", "f": "json"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HERE, params=parameters) as client:
        yield client


def key(archive: SmallArchive, title: str) -> str:
    return encode("Track", archive.tracks[title])


async def ok(player: httpx.AsyncClient, endpoint: str, **parameters: object) -> dict[str, Any]:
    answer = await player.get(f"/rest/{endpoint}", params={name: str(value) for name, value in parameters.items()})
    assert answer.status_code == 200
    content: dict[str, Any] = answer.json()["subsonic-response"]
    assert content["status"] == "ok", content
    return content


async def code(player: httpx.AsyncClient, endpoint: str, **parameters: str) -> int:
    answer = await player.get(f"/rest/{endpoint}", params=parameters)
    content = answer.json()["subsonic-response"]
    assert (answer.status_code, content["status"]) == (200, "failed")
    number: int = content["error"]["code"]
    return number


async def test_ping_and_what_the_server_can_do(player: httpx.AsyncClient) -> None:
    assert await ok(player, "ping.view") == {
        "status": "ok",
        "version": "1.16.1",
        "type": "segue",
        "serverVersion": "0.1.0",
        "openSubsonic": True,
    }
    assert (await ok(player, "getOpenSubsonicExtensions"))["openSubsonicExtensions"] == [
        {"name": "apiKeyAuthentication", "versions": [1]},
        {"name": "formPost", "versions": [1]},
        {"name": "sonicSimilarity", "versions": [1]},
    ]
    assert (await ok(player, "getLicense"))["license"] == {"valid": True}


async def test_a_song(player: httpx.AsyncClient, archive: SmallArchive) -> None:
    song = (await ok(player, "getSong", id=key(archive, "Prelude")))["song"]
    assert song.pop("created").startswith("20")
    album = encode("Album", archive.albums["Zürich 1998"])
    assert song == {
        "id": key(archive, "Prelude"),
        "isDir": False,
        "title": "Prelude",
        "album": "Zürich 1998",
        "albumId": album,
        "parent": album,
        "artist": "Ana Lima",
        "year": 1998,
        "track": 2,
        "discNumber": 1,
        "suffix": "m4a",
        "contentType": "audio/mp4",
        "coverArt": key(archive, "Prelude"),
        "duration": 60,
        "type": "music",
        "mediaType": "song",
        "isVideo": False,
        # Who composed it is no artist.
        "displayComposer": "Johann Sebastian Bach",
    }


async def test_similar_tracks_in_json(
    player: httpx.AsyncClient, archive: SmallArchive, database: CountingDatabase
) -> None:
    await ok(player, "ping")
    await ok(player, "getSonicSimilarTracks", id=key(archive, "Prelude"))
    before = database.statements
    matches = (await ok(player, "getSonicSimilarTracks", id=key(archive, "Prelude"), count=3))["sonicMatch"]
    # Cosines of .8, .6 and .28, from −1 … 1 to 0 … 1.
    assert [(match["entry"]["title"], match["similarity"]) for match in matches] == [
        ("Fugue", 0.9),
        ("Élégie", 0.8),
        ("Toccata", 0.64),
    ]
    # Whether the service is open, the search, the tracks, and where they lie.
    assert database.statements - before == 4


async def test_similar_tracks_in_xml(player: httpx.AsyncClient, archive: SmallArchive) -> None:
    answer = await player.get(
        "/rest/getSonicSimilarTracks.view", params={"id": key(archive, "Prelude"), "count": "2", "f": "xml"}
    )
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    root = ElementTree.fromstring(answer.content)  # noqa: S314 -- our own answer
    assert (root.tag, root.attrib["status"], root.attrib["openSubsonic"]) == (f"{XML}subsonic-response", "ok", "true")
    found = [(match.attrib["similarity"], match[0].tag, match[0].attrib) for match in root.findall(f"{XML}sonicMatch")]
    assert [(similarity, tag, entry["title"], entry["isDir"]) for similarity, tag, entry in found] == [
        ("0.9", f"{XML}entry", "Fugue", "false"),
        ("0.8", f"{XML}entry", "Élégie", "false"),
    ]


async def test_a_track_that_cannot_be_compared_has_relatives(player: httpx.AsyncClient, archive: SmallArchive) -> None:
    matches = (await ok(player, "getSonicSimilarTracks", id=key(archive, "Newcomer"), count=1))["sonicMatch"]
    # The same composer; −1 says that nothing was compared.
    assert [(match["entry"]["title"], match["similarity"]) for match in matches] == [("Élégie", -1)]


async def test_players_that_do_not_know_the_extension(player: httpx.AsyncClient, archive: SmallArchive) -> None:
    similar = await ok(player, "getSimilarSongs", id=key(archive, "Prelude"), count=2)
    assert [song["title"] for song in similar["similarSongs"]["song"]] == ["Fugue", "Élégie"]


async def test_a_way_begins_and_ends_where_it_should(player: httpx.AsyncClient, archive: SmallArchive) -> None:
    ends = {"startSongId": key(archive, "Prelude"), "endSongId": key(archive, "Waltz")}
    matches = (await ok(player, "findSonicPath", count=3, **ends))["sonicMatch"]
    # Fugue lies between: its cosines are .8 and .6.
    assert [(match["entry"]["title"], match["similarity"]) for match in matches] == [
        ("Prelude", 1.0),
        ("Fugue", 0.9),
        ("Waltz", 0.8),
    ]


async def test_counts_are_kept_within_bounds(player: httpx.AsyncClient, archive: SmallArchive) -> None:
    seed = key(archive, "Prelude")
    for count, found in (("-7", 1), ("0", 1), ("2147483647", 4)):
        assert len((await ok(player, "getSonicSimilarTracks", id=seed, count=count))["sonicMatch"]) == found
    for count in ("many", "1e9", "9" * 20, "٣"):
        assert await code(player, "getSonicSimilarTracks", id=seed, count=count) == 0


async def test_a_recording_is_streamed_from_its_signed_address(
    player: httpx.AsyncClient, app: Starlette, archive: SmallArchive
) -> None:
    answer = await player.get("/rest/stream", params={"id": key(archive, "Prelude")})
    assert (answer.status_code, answer.headers["location"].startswith(f"{HERE}/audio/")) == (302, True)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as anybody:
        recording = await anybody.get(answer.headers["location"], headers={"range": "bytes=0-9"})
    assert (recording.status_code, recording.content) == (206, bytes(range(10)))
    assert await code(player, "stream", id=key(archive, "Fugue")) == 70
    assert await code(player, "getCoverArt", id=key(archive, "Fugue")) == 70


async def test_failures_have_subsonics_numbers(player: httpx.AsyncClient, archive: SmallArchive) -> None:
    assert await code(player, "getSong") == 10
    assert await code(player, "findSonicPath", startSongId=key(archive, "Prelude")) == 10
    for nothing in (encode("Track", 99_999), encode("Album", 1), "x", "../../etc/passwd", "\0"):
        assert await code(player, "getSong", id=nothing) == 70
    assert await code(player, "getSonicSimilarTracks", id=encode("Track", 99_999)) == 70
    # A way needs what can be compared at both ends.
    ends = {"startSongId": key(archive, "Prelude"), "endSongId": key(archive, "Newcomer")}
    assert await code(player, "findSonicPath", **ends) == 70
    assert await code(player, "getRandomSongs") == 0
    assert (await player.get("/rest/ping", params={"f": "jsonp", "callback": "alert"})).text.count("alert") == 0


async def test_parameters_may_come_as_a_form(player: httpx.AsyncClient, archive: SmallArchive) -> None:
    answer = await player.post("/rest/getSong", data={"id": key(archive, "Fugue")})
    assert answer.json()["subsonic-response"]["song"]["title"] == "Fugue"
    wrong = await player.post("/rest/getSong", json={"id": key(archive, "Fugue")})
    assert wrong.json()["subsonic-response"]["error"]["code"] == 0
    long = await player.post("/rest/ping", data={"x": "x" * 20_000})
    assert long.json()["subsonic-response"]["error"]["message"] == "A request takes at most 20000 bytes."


async def test_a_form_that_does_not_come_is_not_waited_for(
    player: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_parameters, "BODY_SECONDS", 0.05)

    async def begun() -> AsyncIterator[bytes]:
        yield b"id="
        await anyio.Event().wait()

    form = {"content-type": "application/x-www-form-urlencoded"}
    late = await player.post("/rest/getSong", content=begun(), headers=form)
    assert late.json()["subsonic-response"]["error"] == {"code": 0, "message": "The body did not come within 0.05 s."}


async def test_who_goes_away_is_no_fault_of_ours(app: Starlette, caplog: pytest.LogCaptureFixture) -> None:
    async def gone() -> Any:  # Any: ASGI's own
        return {"type": "http.disconnect"}

    sent: list[Any] = []

    async def send(message: Any) -> None:  # Any: ASGI's own
        sent.append(message)

    headers = [(b"host", b"127.0.0.1:8000"), (b"content-type", b"application/x-www-form-urlencoded")]
    scope = {"type": "http", "method": "POST", "scheme": "http", "path": "/rest/ping", "query_string": b""}
    await app(scope | {"headers": headers, "http_version": "1.1", "server": ("127.0.0.1", 8000)}, gone, send)
    assert sent[0]["status"] == 200
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_what_xml_cannot_hold_is_replaced(
    player: httpx.AsyncClient, archive: SmallArchive, archive_url: str
) -> None:
    def titled(title: str) -> None:
        with psycopg.connect(archive_url, autocommit=True) as connection:
            connection.execute("UPDATE tracks SET title = %s WHERE id = %s", [title, archive.tracks["Waltz"]])

    titled('<Waltz> & \x0b"more"')
    try:
        answer = await player.get("/rest/getSong", params={"id": key(archive, "Waltz"), "f": "xml"})
        song = ElementTree.fromstring(answer.content).find(f"{XML}song")  # noqa: S314 -- our own answer
        assert song is not None
        assert song.attrib["title"] == '<Waltz> & \ufffd"more"'
    finally:
        titled("Waltz")


async def test_elsewhere_it_takes_a_key(database_url: str) -> None:
    engine = make_engine(database_url)
    made = new_key()
    with engine.begin() as connection:
        add_key(connection, made, "a player", None, None)
    elsewhere: dict[str, Any] = {"host": "0.0.0.0", "allowed_hosts": ("archive.example",)}  # noqa: S104 -- is the test
    app = create_app(Settings(subsonic=True, database_url=database_url, **elsewhere))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://archive.example", params={"f": "json"}
    ) as player:
        # What the server can do is told before.
        assert "openSubsonicExtensions" in await ok(player, "getOpenSubsonicExtensions")
        await ok(player, "ping", apiKey=made.text)
        for parameters, expected in (
            ({}, 10),
            ({"u": "ana", "p": "secret"}, 42),
            ({"u": "ana", "t": "0" * 32, "s": "salt"}, 41),
            ({"u": "ana", "apiKey": made.text}, 43),
            ({"apiKey": made.text + "x"}, 44),
            ({"apiKey": "x"}, 44),
        ):
            assert await code(player, "ping", **parameters) == expected
        with engine.begin() as connection:
            revoke_key(connection, made.prefix)
        assert await code(player, "ping", apiKey=made.text) == 44
    await app.state.services.close()
    engine.dispose()


async def test_it_is_off_unless_switched_on(http: httpx.AsyncClient, database: CountingDatabase) -> None:
    transport = httpx.ASGITransport(create_app(Settings(), database))
    async with httpx.AsyncClient(transport=transport, base_url=HERE) as client:
        assert (await client.get("/rest/ping")).status_code == 404


async def test_our_own_fault_is_masked(
    player: httpx.AsyncClient, app: Starlette, archive: SmallArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("a secret place")

    monkeypatch.setattr(app.state.services.catalogue, "tracks", broken)
    answer = await player.get("/rest/getSong", params={"id": key(archive, "Fugue")})
    error = answer.json()["subsonic-response"]["error"]
    assert (answer.status_code, error["code"]) == (500, 0)
    assert error["message"] == f"Something went wrong on our side. ({answer.headers['x-request-id']})"
