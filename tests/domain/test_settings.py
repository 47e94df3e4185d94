"""Settings of authentication: what cannot be safe is refused."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from domain.settings import Settings


def test_an_issuer_names_whom_tokens_are_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGUE_OIDC_ISSUER", "https://issuer.example/realms/archive")
    with pytest.raises(ValidationError, match="any token would do"):
        Settings()
    monkeypatch.setenv("SEGUE_OIDC_AUDIENCE", "segue, archive ,")
    assert Settings().oidc_audience == ("segue", "archive")


@pytest.mark.parametrize(
    "address", ["http://issuer.example", "file:///etc/passwd", "issuer.example", "https://", "ftp://x"]
)
def test_keys_come_over_tls(address: str) -> None:
    for name in ("oidc_issuer", "oidc_jwks_url"):
        with pytest.raises(ValidationError, match="it begins with https://"):
            Settings(**{name: address, "oidc_audience": ("segue",)})


def test_an_issuer_on_this_machine_needs_none() -> None:
    assert (
        Settings(oidc_issuer="http://127.0.0.1:8080/x", oidc_audience=("segue",)).oidc_issuer
        == "http://127.0.0.1:8080/x"
    )
    assert Settings(oidc_issuer="").oidc_issuer is None
