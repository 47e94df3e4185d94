from __future__ import annotations

import pytest

from domain.signing import Signer

OLD, NEW = b"o" * 32, b"n" * 32


def test_what_was_signed_is_read_back() -> None:
    token = Signer([NEW]).sign("list", "Dvořák | 1,2,3")
    assert Signer([NEW]).verify("list", token) == "Dvořák | 1,2,3"


def test_a_signature_is_the_same_every_time() -> None:
    assert Signer([NEW]).sign("list", "x") == Signer([NEW]).sign("list", "x")


def test_an_old_key_still_verifies_and_no_longer_signs() -> None:
    assert Signer([NEW, OLD]).verify("list", Signer([OLD]).sign("list", "x")) == "x"
    assert Signer([NEW, OLD]).sign("list", "x") == Signer([NEW]).sign("list", "x")


def test_another_purpose_key_text_or_signature_is_refused() -> None:
    token = Signer([NEW]).sign("list", "x")
    body, mac = token.split(".")
    assert Signer([NEW]).verify("audio", token) is None
    assert Signer([OLD]).verify("list", token) is None
    assert Signer([NEW]).verify("list", Signer([NEW]).sign("list", "y").split(".")[0] + "." + mac) is None
    assert Signer([NEW]).verify("list", body + "." + ("A" if mac[0] != "A" else "B") + mac[1:]) is None


@pytest.mark.parametrize("junk", ["", ".", "x", "x.y", "é.é", "a.b.c", "=.=", "\0"])
def test_junk_is_refused(junk: str) -> None:
    assert Signer([NEW]).verify("list", junk) is None


def test_a_signer_without_key_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="needs a key"):
        Signer([])
