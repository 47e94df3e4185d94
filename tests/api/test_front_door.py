"""Who is let in at all, and who is taken for somebody at the server itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from api.app import create_app
from domain.api_key import NewKey, new_key
from domain.settings import Settings
from sql.database import Database

pytestmark = pytest.mark.anyio

AT_THE_SERVER = "http://127.0.0.1:8000"
JOBS = {"query": "{ jobs { totalCount } }"}
ALBUMS = {"query": "{ albums { totalCount } }"}
OPEN = {"data": {"jobs": {"totalCount": 0}}}


@pytest.fixture(scope="module")
def shared_url(new_database: Callable[[], str]) -> str:
    """An empty database, for tests that only read."""
    return new_database()


@asynccontextmanager
async def asked(url: str, settings: Settings, address: str = AT_THE_SERVER) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service. The address is also that of the socket that its connections come in on."""
    app = create_app(settings.model_copy(update={"database_url": url}))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=address) as http:
        yield http
    await app.state.services.close()


def settings(**changed: Any) -> Settings:  # Any: as settings take them
    return Settings(**({"allowed_hosts": ()} | changed))


def keep(url: str, key: NewKey, **columns: object) -> None:
    values = {"prefix": key.prefix, "digest": key.digest, "label": "x", "role": "CURATOR"} | columns
    with psycopg.connect(url, autocommit=True) as connection:
        places = ", ".join(["%s"] * len(values))
        connection.execute(f"INSERT INTO api_keys ({', '.join(values)}) VALUES ({places})", list(values.values()))


async def answer(http: httpx.AsyncClient, operation: dict[str, str], **headers: str) -> dict[str, Any]:  # Any: JSON
    response = await http.post("/graphql", json=operation, headers={n.replace("_", "-"): v for n, v in headers.items()})
    content: dict[str, Any] = response.json()
    content.pop("extensions", None)
    return content


def code(content: dict[str, Any]) -> str:  # Any: JSON
    return str(content["errors"][0]["extensions"]["code"])


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "LocalHost:1", "[::1]:8000", "127.0.0.9"])
async def test_the_machines_own_names_are_answered(shared_url: str, host: str) -> None:
    async with asked(shared_url, settings()) as http:
        assert await answer(http, JOBS, host=host) == OPEN


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "localhost.",
        "127.0.0.1@evil.example",
        "[::1].evil.example",
        "[evil.example]",
        "192.0.2.7",
        "0.0.0.0",  # noqa: S104 -- as a page may call this machine
        "0",
        "127.1",
        "",
        "é",
    ],
)
async def test_no_other_name_is(shared_url: str, host: str) -> None:
    """Whatever a page had its name point to, and whatever it asks for."""
    async with asked(shared_url, settings()) as http:
        headers = [(b"host", host.encode("latin-1"))]
        for path in ("/graphql", "/curator/graphql", "/", "/audio/1", "/cover/x", "/upload/x", "/metrics", "/nothing"):
            response = await http.get(path, headers=headers)
            assert (response.status_code, code(response.json())) == (421, "HOST_NOT_ALLOWED"), path
            assert response.headers["cache-control"] == "no-store"
        assert (await http.get("/healthz", headers=headers)).status_code == 200


async def test_names_can_be_added_and_make_nobody_a_curator(shared_url: str) -> None:
    async with asked(shared_url, settings(allowed_hosts=("archive.example",))) as http:
        assert await answer(http, ALBUMS, host="Archive.Example:443") == {"data": {"albums": {"totalCount": 0}}}
        assert code(await answer(http, JOBS, host="archive.example")) == "CURATOR_ONLY"
        assert await answer(http, JOBS) == OPEN
        assert code(await answer(http, ALBUMS, host="other.example")) == "HOST_NOT_ALLOWED"


@pytest.mark.parametrize(
    "header",
    [
        {"x_forwarded_for": "192.0.2.7"},
        {"forwarded": "for=192.0.2.7"},
        {"via": "1.1 proxy"},
        {"x_real_ip": "127.0.0.1"},
        {"x_forwarded_host": "127.0.0.1"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
    ids=repr,
)
async def test_what_came_from_elsewhere_is_nobody_at_the_server(shared_url: str, header: dict[str, str]) -> None:
    async with asked(shared_url, settings()) as http:
        assert code(await answer(http, JOBS, **header)) == "CURATOR_ONLY"
        assert "errors" not in await answer(http, ALBUMS, **header)
        metrics = await http.get("/metrics", headers={n.replace("_", "-"): v for n, v in header.items()})
        assert metrics.status_code == 403


async def test_what_nginx_passes_on_untold_is_nobody_at_the_server(shared_url: str) -> None:
    """`proxy_pass http://127.0.0.1:8000;` and nothing else."""
    app = create_app(settings(database_url=shared_url))

    async def of_proxy(scope: Any, receive: Any, send: Any) -> None:  # Any: ASGI's own
        await app(scope | {"http_version": "1.0"}, receive, send)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(of_proxy), base_url=AT_THE_SERVER) as http:
        assert code(await answer(http, JOBS)) == "CURATOR_ONLY"
        assert "errors" not in await answer(http, ALBUMS)
        assert (await http.get("/metrics")).status_code == 403
    await app.state.services.close()


@pytest.mark.parametrize("host", ["x" * 300, "localhost:" + "1" * 300, "localhost:x", "[::1]:x", "127.0.0.1:123456"])
async def test_a_name_is_no_place_to_put_things(shared_url: str, host: str) -> None:
    """Answers are kept by it."""
    async with asked(shared_url, settings()) as http:
        assert code(await answer(http, ALBUMS, host=host)) == "HOST_NOT_ALLOWED"


async def test_no_name_is_longer_than_names_are(database_url: str) -> None:
    keep(database_url, new_key())
    bound = settings(host="0.0.0.0")  # noqa: S104 -- what somebody set
    async with asked(database_url, bound, "http://192.0.2.7:8000") as http:
        assert "errors" not in await answer(http, ALBUMS, host="x" * 250)
        refused = await http.post("/graphql", json=ALBUMS, headers={"host": "x" * 300})
        assert (refused.status_code, code(refused.json()), len(refused.content) < 400) == (
            421,
            "HOST_NOT_ALLOWED",
            True,
        )


@pytest.mark.parametrize(
    "header", [{"origin": AT_THE_SERVER, "sec_fetch_site": "same-origin"}, {"sec_fetch_site": "none"}]
)
async def test_its_own_page_is(shared_url: str, header: dict[str, str]) -> None:
    async with asked(shared_url, settings()) as http:
        assert await answer(http, JOBS, **header) == OPEN


@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.1", "192.0.2.7"])  # noqa: S104 -- what somebody set
async def test_an_open_service_answers_nobody_elsewhere(database_url: str, host: str) -> None:
    """However it was started: what counts is the address that a connection came in on."""
    allowed = ("192.0.2.7",)
    async with asked(database_url, settings(host=host, allowed_hosts=allowed), "http://192.0.2.7:8000") as http:
        for path in ("/graphql", "/metrics", "/audio/1", "/"):
            response = await http.get(path)
            assert (response.status_code, code(response.json())) == (403, "AUTHENTICATION_MISSING")
            assert "segue keys create" in response.json()["errors"][0]["message"]
        assert (await http.get("/healthz")).status_code == 200
        # With a key it is closed, and may be asked.
        key = new_key()
        keep(database_url, key)
        assert await answer(http, ALBUMS) == {"data": {"albums": {"totalCount": 0}}}
        assert code(await answer(http, JOBS)) == "CURATOR_ONLY"
        assert await answer(http, JOBS, authorization=f"Bearer {key.text}") == OPEN


async def test_bound_elsewhere_it_has_any_name_until_it_is_told(database_url: str) -> None:
    keep(database_url, new_key())
    address, bound = "http://192.0.2.7:8000", "0.0.0.0"  # noqa: S104 -- what somebody set
    async with asked(database_url, settings(host=bound), address) as http:
        assert "errors" not in await answer(http, ALBUMS, host="any.example")
    async with asked(database_url, settings(host=bound, allowed_hosts=("archive.example",)), address) as http:
        assert "errors" not in await answer(http, ALBUMS, host="archive.example")
        assert code(await answer(http, ALBUMS, host="any.example")) == "HOST_NOT_ALLOWED"


async def test_whether_it_is_open_elsewhere_cannot_be_told_without_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app(
        settings(host="0.0.0.0", connection_wait_seconds=0.1),  # noqa: S104 -- what somebody set
        Database("postgresql://postgres@127.0.0.1:1/none", size=1, statement_timeout_seconds=1),
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://192.0.2.7:8000") as http:
        response = await http.post("/graphql", json=ALBUMS)
        assert (response.status_code, code(response.json())) == (503, "DATABASE_UNREACHABLE")
        assert response.headers["retry-after"] == "1"
    await app.state.services.close()


@pytest.mark.parametrize(
    ("columns", "still_open"),
    [
        ({}, False),
        ({"expires_at": "2020-01-01"}, False),
        ({"revoked_at": "2020-01-01"}, True),
    ],
)
async def test_a_key_of_a_curator_closes_the_service_on_its_own_machine_too(
    database_url: str, columns: dict[str, object], still_open: bool
) -> None:
    async with asked(database_url, settings()) as http:
        assert await answer(http, JOBS) == OPEN
        key = new_key()
        keep(database_url, key, **columns)
        assert (await answer(http, JOBS) == OPEN) is still_open
        if not columns:
            assert await answer(http, JOBS, authorization=f"Bearer {key.text}") == OPEN


async def test_an_issuer_closes_it_without_being_asked(database_url: str, tmp_path: Path) -> None:
    closed = settings(oidc_issuer="http://127.0.0.1:9/", oidc_audience=("segue",))
    async with asked(database_url, closed) as http:
        assert code(await answer(http, JOBS)) == "CURATOR_ONLY"
        # One that does not answer is said so, and its address is told to nobody.
        content = await answer(http, JOBS, authorization="Bearer eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.e30.AAAA")
        assert content["errors"][0]["extensions"] == {"code": "ISSUER_UNREACHABLE", "retryable": True}
        assert "127.0.0.1" not in str(content)


async def test_a_users_key_closes_nothing(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        [(user,)] = connection.execute("INSERT INTO users (anonymous) VALUES (true) RETURNING id").fetchall()
    keep(database_url, new_key(), role="USER", user_id=user)
    async with asked(database_url, settings()) as http:
        assert await answer(http, JOBS) == OPEN
