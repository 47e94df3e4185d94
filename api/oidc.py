"""Curators' tokens, checked against their issuer's keys."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from api.issuer_keys import ALGORITHMS, IssuerKeys
from domain.errors.machine import ExtraMissing
from domain.settings import Settings

logger = logging.getLogger("segue.api")

# Clocks differ.
LEEWAY_SECONDS = 30
LONGEST_REASON = 200

Claims = Mapping[str, Any]  # Any: JSON


class Oidc:
    """Checks tokens of one issuer: signed by it with RS256 or ES256, for us, and valid now."""

    def __init__(self, issuer: str, audience: tuple[str, ...], keys: IssuerKeys) -> None:
        self._issuer = issuer
        self._audience = frozenset(audience)
        self._keys = keys

    @classmethod
    def of(cls, settings: Settings) -> Oidc | None:
        """None where no issuer is named. Raises ExtraMissing."""
        if settings.oidc_issuer is None:
            return None
        if find_spec("jwt") is None or find_spec("cryptography") is None:
            raise ExtraMissing(feature="Checking tokens of SEGUE_OIDC_ISSUER", extra="base")
        keys = IssuerKeys(settings.oidc_issuer, settings.oidc_jwks_url)
        return cls(settings.oidc_issuer, settings.oidc_audience, keys)

    async def claims(self, token: str) -> Claims | None:
        """What a token says; None for one that is not valid. Raises IssuerUnreachable."""
        import jwt

        try:
            header = jwt.get_unverified_header(token)
            # Named here, so that neither `none` nor a shared secret is ever an algorithm.
            if header.get("alg") not in ALGORITHMS or "crit" in header:
                raise jwt.InvalidAlgorithmError("neither RS256 nor ES256, or with terms of its own")
            key = await self._keys.key(header.get("kid"), header["alg"])
            if key is None:
                raise jwt.InvalidKeyError("the issuer has no such key")
            claims: dict[str, Any] = jwt.decode(
                token,
                key=key,
                algorithms=ALGORITHMS,
                issuer=self._issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iss"], "verify_aud": False, "enforce_minimum_key_length": True},
            )
            if not self._is_for_us(claims):
                raise jwt.InvalidAudienceError("for somebody else")
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
            logger.info("a token was refused: %s", str(error)[:LONGEST_REASON])
            return None
        return claims

    def _is_for_us(self, claims: Claims) -> bool:
        # As API Gateway does it: Cognito's access tokens have a client and no audience.
        named = claims.get("aud", claims.get("client_id"))
        return not self._audience.isdisjoint(named if isinstance(named, list) else [named])


def holds(claims: Claims, name: str, value: str) -> bool:
    """Whether a claim is `value`, or is a list that holds it.

    A name with dots that is no claim's leads down into objects: `realm_access.roles`. A scope is a list of words.
    """
    found: object = claims.get(name)
    if found is None:
        found = claims
        for step in name.split("."):
            found = found.get(step) if isinstance(found, Mapping) else None
    if isinstance(found, list):
        return value in found
    if not isinstance(found, str):
        return False
    if name in ("scope", "scp"):
        return value in found.split()
    return found == value
