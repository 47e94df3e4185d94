"""Every field of the schema, asked for in every role, on a real service with real rows: who gets what."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import strawberry
from graphql import GraphQLInterfaceType, GraphQLObjectType, get_named_type
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from api.access_table import DOCUMENTED, declared, documented
from api.documents import SHARED
from api.query import BY_KIND
from api.schema import require_declared
from api.types.resolved import resolved, role_of
from api.websocket_route import PROTOCOL
from domain.api_key import digest_of, new_key
from domain.identity import Role
from domain.ids import encode
from tests.api.access_service import Listener, Service, running_service
from tests.api.issuer import Issuer, running_issuer
from tests.api.operations import ROOTS, SCHEMA, fields, operation
from tests.small_archive import JOB_IDS

NOTHING_SENT = {Role.USER: "TOKEN_MISSING", Role.CURATOR: "CURATOR_ONLY"}
OF_ACCESS = {"TOKEN_MISSING", "CURATOR_ONLY", "NOT_A_CURATOR", "TOKEN_INVALID"}
OF_OTHERS = {"USER_NOT_FOUND", "SESSION_NOT_FOUND"}
# Whose data somebody's own traces are in.
PERSONAL = {"User", "Session", "Interaction", "UserRow"}
OF_THE_ARCHIVE = {"Job", "Experiment", "UploadTicket"}


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with running_issuer() as issuer:
        yield issuer


@pytest.fixture(scope="module")
def service(
    new_database: Callable[[], str], issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    with running_service(new_database(), issuer, tmp_path_factory.mktemp("access")) as service:
        yield service


@pytest.fixture(scope="module")
def curators(service: Service) -> list[str]:
    """A curator's token of either algorithm, and a key."""
    issuer = service.issuer
    return [issuer.token(), issuer.token("ec-1", "ES256"), service.key()]


def codes(answer: dict[str, Any]) -> set[str]:  # Any: JSON
    return {error["extensions"]["code"] for error in answer.get("errors", ())}


def role(kind: str, name: str) -> Role:
    root = ROOTS[kind]
    assert root is not None
    found = role_of(root.fields[name].extensions["strawberry-definition"])
    assert found is not None
    return found


@pytest.mark.parametrize(("kind", "name"), fields(), ids=lambda word: word)
def test_a_field_is_for_whom_it_says(service: Service, curators: list[str], kind: str, name: str) -> None:
    """Everybody, a user, another user, a user's key, and curators by token and by key."""
    needed = role(kind, name)
    ana, ben = service.listener("Ana"), service.listener()
    asked = operation(kind, name, service.things | ana.ids)
    anonymous = service.ask(asked)
    if needed is Role.PUBLIC:
        assert not codes(anonymous) & OF_ACCESS
        return
    assert codes(anonymous) == {NOTHING_SENT[needed]}
    assert not (anonymous.get("data") or {}).get(name)
    as_somebody_else = service.ask(asked, ben.token)
    assert not (as_somebody_else.get("data") or {}).get(name)
    if needed is Role.CURATOR:
        assert codes(as_somebody_else) == {"NOT_A_CURATOR"}
        for token in (ana.token, service.key(ana.user), service.issuer.token(groups=["readers"])):
            assert codes(service.ask(asked, token)) == {"NOT_A_CURATOR"}
    else:
        assert len(codes(as_somebody_else)) == 1
        assert codes(as_somebody_else) <= OF_OTHERS
        own = service.ask(asked, ana.token)
        assert "errors" not in own
        assert own["data"][name]
    for token in curators:
        whose = service.listener() if name == "deleteUser" else ana
        asked = operation(kind, name, service.things | whose.ids)
        if needed is Role.USER and name == "deleteUser":
            assert service.ask(asked, token)["data"] == {name: whose.ids["User"]}
        answer = service.ask(asked, token)
        assert not codes(answer) & OF_ACCESS, answer
        assert needed is Role.CURATOR or name == "deleteUser" or answer["data"][name]


@pytest.mark.parametrize("kind", BY_KIND)
def test_an_id_of_any_kind_is_for_whom_its_kind_is(service: Service, curators: list[str], kind: str) -> None:
    ana, ben = service.listener(), service.listener()
    needed, _ = BY_KIND[kind]
    ids = service.things | ana.ids
    asked = {"query": "query($id: ID!) { node(id: $id) { __typename id } }", "variables": {"id": ids[kind]}}
    there = {"data": {"node": {"__typename": kind, "id": ids[kind]}}}
    given = {
        Role.PUBLIC: [there] * 3,
        Role.USER: ["TOKEN_MISSING", there, "USER_NOT_FOUND" if kind == "User" else "SESSION_NOT_FOUND"],
        Role.CURATOR: ["CURATOR_ONLY", "NOT_A_CURATOR", "NOT_A_CURATOR"],
    }[needed]
    for token, expected in zip((None, ana.token, ben.token), given, strict=True):
        answer = service.ask(asked, token)
        answer.pop("extensions", None)
        assert (codes(answer) == {expected}) if isinstance(expected, str) else answer == expected
    for token in curators:
        assert service.ask(asked, token)["data"] == there["data"]


def test_what_is_a_users_is_reached_through_fields_for_users_alone() -> None:
    """From every field of Query, Mutation and Subscription: which types its answer can hold."""
    for kind, name in fields():
        root = ROOTS[kind]
        assert root is not None
        found = _reachable(get_named_type(root.fields[name].type).name)
        needed = role(kind, name)
        if name in ("node", "createUser"):  # the one asks by kind, the other tells of who was just made
            continue
        if found & PERSONAL:
            assert needed is not Role.PUBLIC, name
        if found & OF_THE_ARCHIVE:
            assert needed is Role.CURATOR, name


def _reachable(name: str) -> set[str]:
    found, waiting = set[str](), [name]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            of_type = SCHEMA.type_map[one]
            if isinstance(of_type, GraphQLObjectType | GraphQLInterfaceType):
                for field in of_type.fields.values():
                    if role_of(field.extensions["strawberry-definition"]) is None:
                        waiting.append(get_named_type(field.type).name)
    return found


def test_what_caches_keep_is_for_everybody() -> None:
    assert {name for name in SHARED if not name.startswith("__") and role("query", name) is not Role.PUBLIC} == set()


def test_a_schema_with_a_field_that_is_for_nobody_knows_whom_does_not_begin() -> None:
    @strawberry.type
    class Query:
        @resolved("Declared.", by=Role.PUBLIC)
        async def declared(self) -> int:
            return 1

    @strawberry.type
    class Mutation:
        @resolved("Declared.", by=Role.CURATOR)
        async def declared(self, info: strawberry.Info) -> int:
            return 1

        @resolved("Forgotten.")
        async def forgotten(self) -> int:
            return 1

    @strawberry.type
    class Plain:
        plain: int = strawberry.field(description="Nobody thinks of such a one.", default=1)

    require_declared(strawberry.Schema(query=Query)._schema)
    with pytest.raises(TypeError, match=r"Mutation\.forgotten does not say who may ask for it"):
        require_declared(strawberry.Schema(query=Query, mutation=Mutation)._schema)
    with pytest.raises(TypeError, match=r"Plain\.plain"):
        require_declared(strawberry.Schema(query=Plain)._schema)


def test_the_table_of_fields_is_that_of_the_schema() -> None:
    text = DOCUMENTED.read_text(encoding="utf-8")
    assert text == documented(), "python -m api.access_table"
    assert len(list(declared())) >= len(fields())


def test_a_websocket_is_for_whom_its_first_message_says(service: Service, curators: list[str]) -> None:
    ana = service.listener()
    asked = operation("subscription", "jobProgress", service.things)
    own = {"query": USERS, "variables": {"id": ana.ids["User"]}}
    expected: list[tuple[str | None, set[str], set[str]]] = [
        (None, {"CURATOR_ONLY"}, {"TOKEN_MISSING"}),
        (ana.token, {"NOT_A_CURATOR"}, set()),
        (service.key(ana.user), {"NOT_A_CURATOR"}, set()),
        (service.listener().token, {"NOT_A_CURATOR"}, {"USER_NOT_FOUND"}),
        (service.issuer.token(aud="somebody"), {"TOKEN_INVALID"}, {"TOKEN_INVALID"}),
        (service.key(revoked_at=datetime.now(UTC)), {"TOKEN_INVALID"}, {"TOKEN_INVALID"}),
        *((token, set(), set()) for token in curators),
    ]
    for token, following, reading in expected:
        payload = {} if token is None else {"Authorization": f"Bearer {token}"}
        with connect(service.url.replace("http", "ws") + "/graphql", subprotocols=[Subprotocol(PROTOCOL)]) as client:
            client.send(json.dumps({"type": "connection_init", "payload": payload}))
            assert json.loads(client.recv(10)) == {"type": "connection_ack"}
            for number, (what, refused) in enumerate(((asked, following), (own, reading))):
                client.send(json.dumps({"type": "subscribe", "id": str(number), "payload": what}))
                message = json.loads(client.recv(10))
                content = message["payload"]
                assert codes({"errors": content} if message["type"] == "error" else content) == refused
                if not refused:
                    assert json.loads(client.recv(10)) == {"type": "complete", "id": str(number)}


def test_a_stream_ends_with_the_key_that_it_was_asked_with(service: Service) -> None:
    key, running = service.key(), encode("Job", str(JOB_IDS[2]))
    asked = {"query": "subscription($id: ID!) { jobProgress(jobId: $id) { done } }", "variables": {"id": running}}
    headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {key}"}
    heard = []
    with service.http.stream("POST", "/graphql", json=asked, headers=headers) as response:
        for line in response.iter_lines():
            if line.startswith("data: {"):
                content = json.loads(line.removeprefix("data: "))
                heard.append(codes(content) or content["data"]["jobProgress"]["done"])
                service.rows("UPDATE api_keys SET revoked_at = now() WHERE digest = %s", digest_of(key))
                service.rows("UPDATE jobs SET done = done + 1 WHERE id = %s", JOB_IDS[2])
    assert heard == [6, {"TOKEN_INVALID"}]


def test_a_websocket_by_another_name_is_not_opened(service: Service) -> None:
    address = service.url.replace("http", "ws") + "/graphql"
    port = urlsplit(service.url).port
    with socket.create_connection(("127.0.0.1", port)) as reaching, pytest.raises(InvalidStatus) as refused:
        connect(f"ws://evil.example:{port}/graphql", subprotocols=[Subprotocol(PROTOCOL)], sock=reaching)
    assert refused.value.response.status_code == 403
    # Of two names both must be ours.
    with pytest.raises(InvalidStatus) as refused:
        connect(address, subprotocols=[Subprotocol(PROTOCOL)], additional_headers={"Host": "evil.example"})
    assert refused.value.response.status_code == 403


EVERYBODYS = "{ albums { totalCount } }"
CURATORS = "{ jobs { totalCount } }"
USERS = "query($id: ID!) { user(id: $id) { id } }"


def test_what_says_nothing_gives_nothing(service: Service) -> None:
    """Tokens of every wrong kind: refused where somebody has to be known, and in nobody's way elsewhere."""
    ana, issuer = service.listener(), service.issuer
    body, _, signature = ana.token.partition(".")
    past = datetime.now(UTC) - timedelta(seconds=1)
    key = service.key()
    for token in (
        issuer.token(exp=int(past.timestamp()) - 60),
        issuer.token(aud="somebody"),
        issuer.token(iss="https://issuer.example"),
        f"{body}.{signature[:-2]}xx",
        body,
        f"{body}.",
        "made up",
        "x" * 16_385,
        "segue_",
        new_key().text,
        key[:-1],
        key + "x",
        key.upper(),
        service.key(revoked_at=past),
        service.key(expires_at=past),
        service.key(ana.user, revoked_at=past),
    ):
        for query in (CURATORS, USERS):
            answer = service.ask({"query": query, "variables": ana.ids | {"id": ana.ids["User"]}}, token)
            assert codes(answer) == {"TOKEN_INVALID"}, token[:60]
            assert token not in str(answer)
        assert "errors" not in service.ask({"query": EVERYBODYS}, token)
    assert "errors" not in service.ask({"query": CURATORS}, key)


def test_a_token_beyond_all_measure_is_none(service: Service) -> None:
    response = service.http.post(
        "/graphql", json={"query": CURATORS}, headers={"Authorization": "Bearer " + "x" * 200_000}
    )
    # By the server's parser of HTTP, where that has a limit, else by us before anything of it is read.
    assert response.status_code in (400, 431) or codes(response.json()) == {"TOKEN_INVALID"}


def test_a_revoked_key_ends_at_once_and_an_expiring_one_by_itself(service: Service) -> None:
    key = service.key(expires_at=datetime.now(UTC) + timedelta(hours=1))
    assert "errors" not in service.ask({"query": CURATORS}, key)
    service.rows("UPDATE api_keys SET expires_at = now() WHERE digest = %s", digest_of(key))
    assert codes(service.ask({"query": CURATORS}, key)) == {"TOKEN_INVALID"}
    ended = "UPDATE api_keys SET expires_at = NULL, revoked_at = now() WHERE digest = %s"
    service.rows(ended, digest_of(key))
    assert codes(service.ask({"query": CURATORS}, key)) == {"TOKEN_INVALID"}


def test_other_schemes_are_nothing(service: Service) -> None:
    for header in (f"Basic {service.key()}", service.key(), "Bearer", "Token x"):
        response = service.http.post("/graphql", json={"query": CURATORS}, headers={"Authorization": header})
        assert codes(response.json()) <= {"CURATOR_ONLY", "TOKEN_INVALID"}
        assert codes(response.json())


def everything_of(service: Service, listener: Listener) -> list[tuple[str, dict[str, Any]]]:  # Any: JSON
    ids = service.things | listener.ids
    asked = [operation(kind, name, ids) for kind, name in fields() if role(kind, name) is Role.USER]
    return [(operation["query"].split("{")[1].split("(")[0].strip(), operation) for operation in asked]


def test_nobody_else_sees_or_changes_anything_of_a_user(service: Service) -> None:
    ana, ben = service.listener("Ana"), service.listener("Ben")
    before = snapshot(service, ana)
    for name, asked in everything_of(service, ana):
        for token in (ben.token, service.key(ben.user)):
            answer = service.ask(asked, token)
            assert codes(answer) <= OF_OTHERS, name
            assert codes(answer), name
            assert "Ana" not in str(answer)
    # In the list of one's own, too, somebody else's cannot be named.
    entry = {"clientId": "b", "kind": "LIKE", "occurredAt": datetime.now(UTC).isoformat()}
    entry |= {"trackId": service.things["Track"], "listId": _impression(ana)}
    record = "mutation($e: [InteractionInput!]!) { recordInteractions(interactions: $e) { recorded } }"
    assert codes(service.ask({"query": record, "variables": {"e": [entry]}}, ben.token)) == {"INVALID_INTERACTION"}
    assert snapshot(service, ana) == before


def _impression(listener: Listener) -> str:
    return encode("Impression", str(listener.impression))


def snapshot(service: Service, listener: Listener) -> list[Any]:  # Any: rows
    statements = ["SELECT * FROM users WHERE id = %s"] + [
        f"SELECT * FROM {table} WHERE user_id = %s ORDER BY id" for table in ("sessions", "interactions", "impressions")
    ]
    return [service.rows(statement, listener.user) for statement in statements]


def test_who_was_deleted_is_nobody_at_once(service: Service) -> None:
    ana = service.listener("Ana")
    key = service.key(ana.user)
    delete = {"query": "mutation($id: ID!) { deleteUser(id: $id) }", "variables": {"id": ana.ids["User"]}}
    assert "errors" not in service.ask(delete, ana.token)
    assert snapshot(service, ana) == [[], [], [], []]
    assert service.rows("SELECT 1 FROM api_keys WHERE user_id = %s", ana.user) == []
    for name, asked in everything_of(service, ana):
        assert codes(service.ask(asked, ana.token)) <= OF_OTHERS, name
        assert codes(service.ask(asked, key)) == {"TOKEN_INVALID"}, name
    own = {"query": "mutation { startSession { id } }"}
    assert codes(service.ask(own, ana.token)) == {"USER_NOT_FOUND"}
    assert codes(service.ask({"query": "mutation { renewToken { token } }"}, ana.token)) == {"USER_NOT_FOUND"}
    assert service.rows("SELECT 1 FROM users WHERE id = %s", ana.user) == []
