from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta

from domain.api_key import ApiKey, digest_of, new_key
from domain.identity import Role

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


def test_a_key_begins_visibly_and_has_256_random_bits() -> None:
    made = [new_key() for _ in range(50)]
    # 43 characters of 6 bits hold 256.
    assert all(re.fullmatch(r"segue_[0-9a-f]{10}_[\w-]{43}", key.text) for key in made)
    assert all(key.text.startswith(key.prefix + "_") for key in made)
    assert len({key.text for key in made}) == len({key.prefix for key in made}) == 50
    assert made[0].text not in repr(made[0])


def test_its_digest_is_the_sha256_of_all_of_it() -> None:
    key = new_key()
    assert key.digest == hashlib.sha256(key.text.encode()).digest()
    assert digest_of(key.text) == key.digest
    # Whatever is sent has one.
    assert len(digest_of("\udc80é")) == 32


def test_what_state_a_key_is_in() -> None:
    key = ApiKey("segue_1", "x", Role.CURATOR, None, NOW, NOW, None, None)
    assert [key.state(NOW + timedelta(seconds=seconds)) for seconds in (-1, 0, 1)] == ["valid", "expired", "expired"]
    revoked = ApiKey("segue_1", "x", Role.CURATOR, None, NOW, None, None, NOW)
    assert revoked.state(NOW) == "revoked"
