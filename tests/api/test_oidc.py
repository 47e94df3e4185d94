"""Curators' tokens: which are believed, and where the keys come from. The issuer is a real server on loopback."""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from typing import Any

import anyio
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import HealthCheck, given
from hypothesis import settings as with_settings
from hypothesis import strategies as st

from api.issuer_keys import FRESH_SECONDS, MAX_BYTES, MOST_WAITING, PAUSE_SECONDS, USABLE_SECONDS, IssuerKeys
from api.oidc import LEEWAY_SECONDS, Oidc, holds
from domain.errors.access import IssuerUnreachable
from tests.api.issuer import AUDIENCE, EC_KEY, RSA_KEYS, Issuer, part, public_pem, running_issuer

pytestmark = pytest.mark.anyio


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def serving() -> Iterator[Issuer]:
    with running_issuer() as issuer:
        yield issuer


@pytest.fixture
def issuer(serving: Issuer) -> Issuer:
    """As if it had just begun."""
    serving.__init__(serving.url)  # type: ignore[misc]  # forgets what the test before did
    return serving


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def oidc(issuer: Issuer, clock: Clock) -> Oidc:
    return Oidc(issuer.url, (AUDIENCE, "other"), IssuerKeys(issuer.url, clock=clock))


@pytest.mark.parametrize(("key", "algorithm"), [("rsa-1", "RS256"), ("ec-1", "ES256")])
async def test_a_token_of_the_issuer_is_believed(oidc: Oidc, issuer: Issuer, key: str, algorithm: str) -> None:
    claims = await oidc.claims(issuer.token(key, algorithm))
    assert claims is not None
    assert (claims["sub"], claims["groups"]) == ("ana", ["readers", "curators"])


def from_now(claims: dict[str, Any]) -> dict[str, Any]:
    """Claims whose numbers are seconds from now."""
    return {name: int(time.time()) + value if isinstance(value, int) else value for name, value in claims.items()}


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": ["somebody", "other"]},
        {"aud": None, "client_id": AUDIENCE},
        {"exp": 10 - LEEWAY_SECONDS},
        {"nbf": -10},
        {"iat": None},
    ],
)
async def test_what_a_token_may_say_otherwise(oidc: Oidc, issuer: Issuer, changed: dict[str, Any]) -> None:
    assert await oidc.claims(issuer.token(**from_now(changed))) is not None


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": -1 - LEEWAY_SECONDS},
        {"exp": None},
        {"exp": "tomorrow"},
        {"nbf": 600},
        {"iss": "https://issuer.example"},
        {"iss": None},
        {"aud": "segue2"},
        {"aud": None},
        {"aud": ["a", "b"]},
        {"aud": [], "client_id": AUDIENCE},
        {"aud": "somebody", "client_id": AUDIENCE},
        {"aud": None, "client_id": "segue2"},
        {"aud": None, "azp": AUDIENCE},
    ],
    ids=repr,
)
async def test_what_no_token_may_say(oidc: Oidc, issuer: Issuer, changed: dict[str, Any]) -> None:
    assert await oidc.claims(issuer.token(**from_now(changed))) is None


async def test_nothing_that_the_issuer_did_not_sign_is_believed(oidc: Oidc, issuer: Issuer) -> None:
    good = issuer.token()
    header, payload, signature = good.split(".")
    claims = issuer.claims()
    unsigned = part({"alg": "none", "kid": "rsa-1"}) + "." + part(claims)
    # The public key as if it were a secret that is shared: the classic confusion.
    mixed_up = part({"alg": "HS256", "kid": "rsa-1"}) + "." + part(claims)
    macs = [hmac.digest(pem, mixed_up.encode(), hashlib.sha256) for pem in (public_pem(RSA_KEYS[0]), b"")]
    forged = [
        unsigned + ".",
        unsigned,
        f"{unsigned}.{signature}",
        *(f"{mixed_up}.{urlsafe_b64encode(mac).rstrip(b'=').decode()}" for mac in macs),
        # Somebody else's key under a known name.
        jwt.encode(claims, RSA_KEYS[1], "RS256", headers={"kid": "rsa-1"}),
        jwt.encode(claims, EC_KEY, "ES256", headers={"kid": "rsa-1"}),
        # The right key with another algorithm.
        jwt.encode(claims, RSA_KEYS[0], "RS384", headers={"kid": "rsa-1"}),
        jwt.encode(claims, RSA_KEYS[0], "PS256", headers={"kid": "rsa-1"}),
        # Other words under a good signature.
        f"{header}.{part(claims | {'sub': 'eve'})}.{signature}",
        f"{part({'alg': 'RS256', 'kid': 'ec-1'})}.{payload}.{signature}",
        f"{header}.{payload}.{signature[:-4]}AAAA",
        f"{header}.{payload}.",
        # Terms that only the sender knows.
        jwt.encode(claims, RSA_KEYS[0], "RS256", headers={"kid": "rsa-1", "crit": ["x"], "x": 1}),
        jwt.encode(claims, RSA_KEYS[0], "RS256", headers={"kid": "rsa-9"}),
        "..",
        "a.b.c",
        f"{part([])}.{payload}.{signature}",
        f"{part({'alg': ['RS256'], 'kid': 'rsa-1'})}.{payload}.{signature}",
        f"{header}.{part([1])}.{signature}",
    ]
    assert await oidc.claims(good) is not None
    for token in forged:
        assert await oidc.claims(token) is None, token


@with_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(token=st.text(max_size=80) | st.lists(st.text(max_size=20), min_size=3, max_size=3).map(".".join))
async def test_no_text_makes_it_fail(oidc: Oidc, token: str) -> None:
    assert await oidc.claims(token) is None


async def test_an_issuer_that_takes_its_time_keeps_few_waiting_and_nobody_whose_key_is_known(
    oidc: Oidc, issuer: Issuer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await oidc.claims(issuer.token()) is not None
    answered, fetch = threading.Event(), IssuerKeys._fetch

    def slowly(keys: IssuerKeys) -> Any:  # Any: as it is
        answered.wait(60)
        return fetch(keys)

    monkeypatch.setattr(IssuerKeys, "_fetch", slowly)
    clock.now += FRESH_SECONDS
    unknown = jwt.encode(issuer.claims(), RSA_KEYS[1], "RS256", headers={"kid": "rsa-9"})
    told: list[object] = []
    turned_away = anyio.Event()

    async def ask() -> None:
        try:
            told.append(await oidc.claims(unknown))
        except IssuerUnreachable as error:
            told.append(error.code)
        if len(told) == 40 - 1 - MOST_WAITING:
            turned_away.set()

    async with anyio.create_task_group() as group:
        for _ in range(40):
            group.start_soon(ask)
        with anyio.fail_after(30):
            await turned_away.wait()
            assert await oidc.claims(issuer.token()) is not None
        answered.set()
    # One asks, and as many as may wait for it.
    assert told == ["ISSUER_UNREACHABLE"] * (40 - 1 - MOST_WAITING) + [None] * (1 + MOST_WAITING)


async def test_no_address_of_a_token_is_ever_asked(oidc: Oidc, issuer: Issuer) -> None:
    with running_issuer() as attacker:
        for name, value in (
            ("jku", f"{attacker.url}/keys"),
            ("x5u", f"{attacker.url}/keys"),
            ("kid", f"{attacker.url}/keys"),
            ("kid", "../../etc/passwd"),
        ):
            header = {"kid": "rsa-1"} | {name: value}
            token = jwt.encode(issuer.claims(iss=issuer.url), RSA_KEYS[1], "RS256", headers=header)
            assert await oidc.claims(token) is None
        assert await oidc.claims(attacker.token()) is None
        # The key that the token brings along.
        own = {"jwk": jwt.algorithms.RSAAlgorithm.to_jwk(RSA_KEYS[1].public_key(), as_dict=True)}
        token = jwt.encode(issuer.claims(), RSA_KEYS[1], "RS256", headers=own)
        assert await oidc.claims(token) is None
        assert attacker.asked == []


async def test_keys_that_are_not_for_this_are_not_used(oidc: Oidc, issuer: Issuer) -> None:
    secret = b"a secret that is long enough to be used as one"
    small = rsa.generate_private_key(public_exponent=65_537, key_size=1_024)  # noqa: S505 -- to be refused
    as_jwk = jwt.algorithms.RSAAlgorithm.to_jwk
    issuer.more_keys = [
        {"kty": "oct", "kid": "secret", "alg": "HS256", "k": urlsafe_b64encode(secret).decode()},
        as_jwk(RSA_KEYS[1].public_key(), as_dict=True) | {"kid": "for-encryption", "use": "enc"},
        as_jwk(small.public_key(), as_dict=True) | {"kid": "small"},
        {"kty": "RSA", "kid": "broken", "n": "!", "e": "AQAB"},
        {"kty": "EC", "kid": "nowhere", "crv": "P-256", "x": "AAAA", "y": "AAAA"},
        {"kid": "nothing"},
        "text",  # type: ignore[list-item]  # no key at all
    ]
    claims = issuer.claims()
    for key, algorithm, name in (
        (secret, "HS256", "secret"),
        (RSA_KEYS[1], "RS256", "for-encryption"),
    ):
        assert await oidc.claims(jwt.encode(claims, key, algorithm, headers={"kid": name})) is None  # type: ignore[arg-type]  # keys of every kind
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        weak = jwt.encode(claims, small, "RS256", headers={"kid": "small"})
    assert await oidc.claims(weak) is None
    assert await oidc.claims(issuer.token()) is not None


async def test_a_token_without_a_name_of_its_key_takes_the_only_one(oidc: Oidc, issuer: Issuer) -> None:
    unnamed = jwt.encode(issuer.claims(), RSA_KEYS[0], "RS256")
    assert await oidc.claims(unnamed) is not None
    issuer.keys["rsa-2"] = RSA_KEYS[1]
    fresh = Oidc(issuer.url, (AUDIENCE,), IssuerKeys(issuer.url))
    assert await fresh.claims(unnamed) is None


async def test_new_keys_are_found_and_old_ones_forgotten(oidc: Oidc, issuer: Issuer, clock: Clock) -> None:
    old = issuer.token()
    assert await oidc.claims(old) is not None
    issuer.keys = {"rsa-2": RSA_KEYS[1]}
    clock.now += PAUSE_SECONDS
    assert await oidc.claims(issuer.token("rsa-2")) is not None
    assert await oidc.claims(old) is None


async def test_the_issuer_is_asked_seldom_whatever_is_sent(oidc: Oidc, issuer: Issuer, clock: Clock) -> None:
    for number in range(50):
        await oidc.claims(jwt.encode(issuer.claims(), RSA_KEYS[1], "RS256", headers={"kid": f"made-up-{number}"}))
        assert await oidc.claims(issuer.token()) is not None
    # Where its keys are, and the keys: once.
    assert issuer.asked == ["/.well-known/openid-configuration", "/keys"]
    clock.now += PAUSE_SECONDS - 1
    await oidc.claims(jwt.encode(issuer.claims(), RSA_KEYS[1], "RS256", headers={"kid": "made-up"}))
    assert len(issuer.asked) == 2
    clock.now += 1
    await oidc.claims(jwt.encode(issuer.claims(), RSA_KEYS[1], "RS256", headers={"kid": "made-up"}))
    assert len(issuer.asked) == 4


async def test_keys_serve_on_for_a_day_when_the_issuer_is_away(oidc: Oidc, issuer: Issuer, clock: Clock) -> None:
    assert await oidc.claims(issuer.token()) is not None
    issuer.status = 500
    clock.now += FRESH_SECONDS
    assert await oidc.claims(issuer.token()) is not None
    assert len(issuer.asked) == 3
    clock.now += USABLE_SECONDS - FRESH_SECONDS - 1
    assert await oidc.claims(issuer.token()) is not None
    clock.now += 1
    with pytest.raises(IssuerUnreachable):
        await oidc.claims(issuer.token())
    issuer.status = 200
    clock.now += PAUSE_SECONDS
    assert await oidc.claims(issuer.token()) is not None


async def test_an_issuer_that_never_answered_is_told_and_not_pressed(oidc: Oidc, issuer: Issuer) -> None:
    issuer.status = 503
    for _ in range(5):
        with pytest.raises(IssuerUnreachable, match="SEGUE_OIDC_ISSUER"):
            await oidc.claims(issuer.token())
    assert len(issuer.asked) == 1


@pytest.mark.parametrize(
    "discovery",
    [
        {"issuer": "https://issuer.example"},
        {"jwks_uri": "http://192.0.2.1/keys"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "ftp://127.0.0.1/keys"},
        {"jwks_uri": 7},
        {"jwks_uri": None},
        {"padding": "x" * MAX_BYTES},
    ],
    ids=lambda changed: next(iter(changed)) + str(next(iter(changed.values())))[:20],
)
async def test_a_discovery_document_leads_nowhere_else(oidc: Oidc, issuer: Issuer, discovery: dict[str, Any]) -> None:
    issuer.discovery |= discovery
    with pytest.raises(IssuerUnreachable):
        await oidc.claims(issuer.token())
    assert issuer.asked == ["/.well-known/openid-configuration"]


async def test_an_issuer_that_sends_on_is_not_followed(oidc: Oidc, issuer: Issuer) -> None:
    with running_issuer() as other:
        issuer.status, issuer.location = 302, f"{other.url}/.well-known/openid-configuration"
        with pytest.raises(IssuerUnreachable):
            await oidc.claims(issuer.token())
        assert other.asked == []


async def test_the_address_of_keys_can_be_set(issuer: Issuer) -> None:
    oidc = Oidc(issuer.url, (AUDIENCE,), IssuerKeys(issuer.url, f"{issuer.url}/keys"))
    assert await oidc.claims(issuer.token()) is not None
    assert issuer.asked == ["/keys"]


@pytest.mark.parametrize(
    ("claims", "name", "expected"),
    [
        ({"groups": ["a", "curators"]}, "groups", True),
        ({"groups": "curators"}, "groups", True),
        ({"groups": ["former curators"]}, "groups", False),
        ({"groups": "former curators"}, "groups", False),
        ({"groups": ["/curators", "Curators"]}, "groups", False),
        ({"groups": {"curators": True}}, "groups", False),
        ({"groups": None}, "groups", False),
        ({}, "groups", False),
        ({"cognito:groups": ["curators"]}, "cognito:groups", True),
        ({"realm_access": {"roles": ["curators"]}}, "realm_access.roles", True),
        ({"realm_access": "curators"}, "realm_access.roles", False),
        ({"https://a.example/roles": ["curators"]}, "https://a.example/roles", True),
        ({"scope": "openid curators"}, "scope", True),
        ({"scope": "openid curators2"}, "scope", False),
    ],
)
def test_what_makes_a_curator(claims: dict[str, Any], name: str, expected: bool) -> None:
    assert holds(claims, name, "curators") is expected
