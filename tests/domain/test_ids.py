from __future__ import annotations

import pytest

from domain.errors.asking import InvalidId
from domain.ids import decode, decode_key, encode


def test_an_id_is_type_and_key_in_base64() -> None:
    assert encode("Track", 7) == "VHJhY2s6Nw=="
    assert decode("VHJhY2s6Nw==") == ("Track", "7")
    assert decode_key("Track", "VHJhY2s6Nw==") == 7


@pytest.mark.parametrize(
    "bad",
    ["", "7", "Track:7", "VHJhY2s6", encode("Album", 7), encode("Track", "x"), encode("Track", "-1"),
     encode("Track", 2**63), encode("Track", "1" * 5_000), encode("Track", "٣"), "VHJhY2s6Nw==\0", "é", "/w=="],
)  # fmt: skip
def test_anything_else_is_refused(bad: str) -> None:
    with pytest.raises(InvalidId):
        decode_key("Track", bad)


def test_a_refusal_quotes_no_more_than_a_line() -> None:
    with pytest.raises(InvalidId) as refused:
        decode("\n" * 5 + "x" * 1_000)
    assert str(refused.value).startswith("'�����" + "x" * 55 + "…' is not an id")
