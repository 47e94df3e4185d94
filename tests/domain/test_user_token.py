from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.signing import Signer
from domain.user_token import LIFE, user_of_token, user_token

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
ANA = UUID(int=7)
OLD, NEW = b"o" * 32, b"n" * 32


def test_a_token_tells_whose_it_is_until_it_expires() -> None:
    signer = Signer([NEW])
    token = user_token(signer, ANA, NOW)
    assert user_of_token(signer, token, NOW) == ANA
    assert user_of_token(signer, token, NOW + LIFE - timedelta(seconds=1)) == ANA
    assert user_of_token(signer, token, NOW + LIFE) is None


def test_a_new_key_ends_no_token_and_a_forgotten_one_does() -> None:
    token = user_token(Signer([OLD]), ANA, NOW)
    assert user_of_token(Signer([NEW, OLD]), token, NOW) == ANA
    assert user_of_token(Signer([NEW]), token, NOW) is None


@pytest.mark.parametrize("purpose", ["list", "audio", "users"])
def test_what_was_signed_for_something_else_is_no_token(purpose: str) -> None:
    signer = Signer([NEW])
    text = '{"user":"00000000-0000-0000-0000-000000000007","until":99999999999}'
    assert user_of_token(signer, signer.sign("user", text), NOW) == ANA
    assert user_of_token(signer, signer.sign(purpose, text), NOW) is None
