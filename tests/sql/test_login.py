"""Logins to RDS: signed as AWS's own library does, fresh for every connection, and told to nobody but the server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, parse_qsl, urlsplit

import psycopg
import pytest
from botocore import auth
from botocore.session import Session
from cryptography import x509
from sqlalchemy.exc import OperationalError

from domain.errors.deployment import DatabaseLoginFailed
from domain.errors.machine import DatabaseUnreachable
from jobs.brokers import postgres
from jobs.queue import EMBED_NEXT, JobQueue
from sql import login
from sql.database import Database
from sql.engine import make_engine
from sql.iam_credentials import Role
from sql.iam_token import Credentials, Login, sign
from sql.login import CERTIFICATES, connect, conninfo, parameters, plain, takes_options
from sql.roles import administrator_address
from tests.sql.rds_server import RdsServer, rds_server

HOST = "segue.c1x2.eu-central-1.rds.amazonaws.com"
NOON = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _role(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret/+=key")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session/+=token")
    login._role.cache_clear()
    yield
    login._role.cache_clear()


@pytest.mark.parametrize("session", [None, "session/+=token"])
def test_a_token_is_what_aws_own_library_signs(session: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "get_current_datetime", lambda: NOON.replace(tzinfo=None))
    theirs = Session()
    theirs.set_credentials("AKIDEXAMPLE", "secret/+=key", session)
    expected = theirs.create_client("rds", region_name="eu-central-1").generate_db_auth_token(HOST, 5432, "segue_api")
    ours = sign(
        Login(HOST, 5432, "segue_api", "eu-central-1"), Credentials("AKIDEXAMPLE", "secret/+=key", session), NOON
    )
    assert ours.partition("?")[0] == expected.partition("?")[0] == f"{HOST}:5432/"
    # The order of fields is free; the signature is over the sorted ones.
    assert sorted(parse_qsl(urlsplit(f"//{ours}").query)) == sorted(parse_qsl(urlsplit(f"//{expected}").query))
    fields = parse_qs(urlsplit(f"//{ours}").query)
    assert (fields["X-Amz-Expires"], fields["DBUser"], len(fields["X-Amz-Signature"][0])) == (
        ["900"],
        ["segue_api"],
        64,
    )


class KeyGiver(HTTPServer):
    """Gives a container the keys of its role, as ECS does; each set holds for an hour."""

    asked = 0


class _Answer(BaseHTTPRequestHandler):
    server: KeyGiver

    def do_GET(self) -> None:
        self.server.asked += 1
        ends = NOON + timedelta(hours=self.server.asked)
        keys = {"AccessKeyId": f"key-{self.server.asked}", "SecretAccessKey": "s", "Token": self.path}
        body = json.dumps(keys | {"Expiration": f"{ends:%Y-%m-%dT%H:%M:%SZ}"}).encode()
        self.send_response(200 if self.path == "/keys?id=7" else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def test_a_container_asks_for_new_keys_before_its_own_end() -> None:
    with KeyGiver(("127.0.0.1", 0), _Answer) as giver:
        Thread(target=giver.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{giver.server_port}"
        role = Role({"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{base}/keys?id=7"})
        first = Credentials("key-1", "s", "/keys?id=7")
        # Keys of 13:00 are used until five minutes before.
        assert [role.credentials(NOON + timedelta(minutes=minutes)) for minutes in (0, 30, 54)] == [first] * 3
        assert role.credentials(NOON + timedelta(minutes=55)) == first._replace(access_key="key-2")
        assert giver.asked == 2
        with pytest.raises(DatabaseLoginFailed, match="refused with status 404"):
            Role({"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{base}/elsewhere"}).credentials(NOON)
        giver.shutdown()
    with pytest.raises(DatabaseLoginFailed, match="cannot be had: ConnectionRefusedError"):
        Role({"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{base}/keys?id=7"}).credentials(NOON)
    with pytest.raises(DatabaseLoginFailed, match="neither on Lambda nor on ECS"):
        Role({}).credentials(NOON)


def test_what_libpq_is_told() -> None:
    url = f"postgresql://segue_api@{HOST}:5432/segue?login=iam&application_name=a%20b"
    assert plain(url) == f"postgresql://segue_api@{HOST}:5432/segue?application_name=a%20b"
    told = psycopg.conninfo.conninfo_to_dict(conninfo(url))
    assert (told["host"], told["user"], told["application_name"]) == (HOST, "segue_api", "a b")
    assert (told["sslmode"], told["sslrootcert"]) == ("verify-full", str(CERTIFICATES))
    assert "%2Feu-central-1%2Frds-db%2F" in str(told["password"])
    by_password = parameters(url.replace("login=iam", "login=password"))
    assert (by_password["sslmode"], "password" in by_password) == ("verify-full", False)


def test_a_proxy_is_signed_for_in_its_region_and_takes_no_options() -> None:
    host = "segue.proxy-c1x2.us-west-2.rds.amazonaws.com"
    url = f"postgresql://segue_api@{host}/segue?login=iam"
    assert f"{host}:5432/?" in parameters(url)["password"]
    assert "%2Fus-west-2%2Frds-db%2F" in parameters(url)["password"]
    assert (takes_options(url), takes_options(f"postgresql://segue_api@{HOST}/segue")) == (False, True)
    assert postgres._hints(plain(url)) == plain(url)
    assert "synchronous_commit" in postgres._hints(plain(url.replace(".proxy-", ".")))


@pytest.mark.parametrize("url", ["postgresql:///postgres?host=/run/segue", "postgresql://me:secret@db.example/segue"])
def test_other_addresses_are_left_alone(url: str) -> None:
    assert (conninfo(url), plain(url), parameters(url)) == (url, url, {})


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://segue_api@db.example/segue?login=iam",
        f"postgresql://{HOST}/segue?login=iam",
        f"postgresql://segue_api@{HOST}/segue?login=kerberos",
    ],
)
def test_what_cannot_be_signed_is_said(url: str) -> None:
    with pytest.raises(DatabaseLoginFailed):
        conninfo(url)


def test_the_certificates_are_of_every_region_and_have_not_expired() -> None:
    found = x509.load_pem_x509_certificates(CERTIFICATES.read_bytes())
    names = {one.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value for one in found}
    for region in ("eu-central-1", "eu-west-1", "us-east-1", "ap-southeast-2", "sa-east-1"):
        assert f"Amazon RDS {region} Root CA RSA2048 G1" in names
    assert "Amazon Root CA 1" in names  # of RDS Proxy
    for one in found:
        one.verify_directly_issued_by(one)
        assert one.not_valid_after_utc > datetime.now(UTC) + timedelta(days=365)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RdsServer]:
    with rds_server(tmp_path, HOST) as server:
        yield server


@pytest.mark.anyio
async def test_every_kind_of_connection_logs_in_with_a_token_of_its_own(
    server: RdsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server.url("segue_worker")
    with pytest.raises(psycopg.OperationalError, match="PAM authentication failed"):
        connect(url)
    engine = make_engine(url)
    with pytest.raises(OperationalError, match="PAM authentication failed"):
        engine.connect()
    engine.dispose()
    by_hand = len(server.attempts)
    assert by_hand == 2
    database = Database(server.url("segue_api"), size=1, statement_timeout_seconds=1, wait_seconds=0.3)
    with pytest.raises(DatabaseUnreachable):
        await database.rows("SELECT 1")
    await database.close()
    by_pool = len(server.attempts)
    assert by_pool > by_hand
    monkeypatch.setattr(postgres, "ENQUEUE_TIMEOUT_SECONDS", 0.3)
    queue = JobQueue.of(server.url("segue_api"))
    with pytest.raises(DatabaseUnreachable):
        queue.enqueue(EMBED_NEXT, 1)
    queue.close()
    assert len(server.attempts) > by_pool
    for attempt in server.attempts:
        fields = parse_qs(urlsplit(f"//{attempt.password}").query)
        assert fields["DBUser"] == [attempt.said["user"]]
        assert fields["X-Amz-Security-Token"] == ["session/+=token"]
        assert attempt.password.startswith(f"{HOST}:{server.port}/?Action=connect&")
    assert {attempt.said["user"] for attempt in server.attempts} == {"segue_worker", "segue_api"}


def test_a_server_that_is_not_the_one_is_told_nothing(tmp_path: Path) -> None:
    other = HOST.replace("segue", "another")
    with rds_server(tmp_path, HOST, certified_for=other) as server:
        with pytest.raises(psycopg.OperationalError, match="does not match host name"):
            connect(server.url("segue_api"))
        # By default only Amazon's own authorities count.
        with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
            connect(server.url("segue_api", sslrootcert=str(CERTIFICATES)))
        assert server.attempts == []


def test_an_administrator_tries_both_ways_in(server: RdsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "of the secret")
    with pytest.raises(DatabaseUnreachable, match="PAM authentication failed"):
        administrator_address(server.url("segue_admin", login="password"))
    by_password, by_token = server.attempts
    assert [by_password.password] == ["of the secret"]
    assert "DBUser=segue_admin" in by_token.password
