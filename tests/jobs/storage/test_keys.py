"""Keys are safe, and say where each kind of object lies."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors.storage import InvalidStorageKey
from jobs.storage.keys import artefact_key, check_key, check_prefix, incoming_key, is_key, snapshot_key
from tests.jobs.storage.contract import UNSAFE_KEYS

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"

PARTS = ["..", ".", "", "a", "b c", "\\", "\0", "~", "C:", "ü", "%2e%2e", "\u2028", "..a"]
ANY_TEXT = st.text() | st.lists(st.sampled_from(PARTS)).map("/".join)


def test_each_kind_of_object_has_its_place() -> None:
    assert artefact_key("0123456789abcdef" * 4) == "artefacts/" + "0123456789abcdef" * 4
    assert snapshot_key("musicnn-mtt", 12) == "snapshots/musicnn-mtt/r12.parquet"
    assert re.fullmatch(f"audio/incoming/{UUID}/Largo.flac", incoming_key("Largo.flac"))
    assert incoming_key("Largo.flac") != incoming_key("Largo.flac")


@pytest.mark.parametrize("sha256", ["", "0" * 63, "0" * 65, "A" * 64, "../" + "0" * 61, "0" * 64 + "\n"])
def test_an_artefact_is_named_by_its_hash(sha256: str) -> None:
    with pytest.raises(InvalidStorageKey, match="named by its SHA-256"):
        artefact_key(sha256)


def test_a_space_cannot_lead_elsewhere() -> None:
    with pytest.raises(InvalidStorageKey):
        snapshot_key("../artefacts", 1)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("Für Elise.flac", "Für Elise.flac"),
        ("Fu\u0308r Elise.flac", "Für Elise.flac"),
        ("C:\\Music\\Largo.wav", "Largo.wav"),
        ("/etc/passwd", "passwd"),
        ("../../x.mp3", "x.mp3"),
        ("..", "recording"),
        ("", "recording"),
        ("audio/", "recording"),
        (".hidden.flac", "hidden.flac"),
        ("\0.flac", "recording.flac"),
        ("a\0b\r\nc\x7f\u2028d.ogg", "a b c d.ogg"),
        ("evil\u202egalf.exe", "evil galf.exe"),
        ("half \udcff.wav", "half .wav"),
        ("x" * 300 + ".flac", "x" * 235 + ".flac"),
        ("ü" * 300 + ".flac", "ü" * 117 + ".flac"),  # (240 - 5) // 2 letters of two bytes
        ("x." + "y" * 300, "x." + "y" * 238),
    ],
)
def test_the_name_of_an_upload_is_made_safe(sent: str, kept: str) -> None:
    assert incoming_key(sent).split("/", 3)[3] == kept


@given(ANY_TEXT)
def test_whatever_an_upload_is_called_its_key_is_safe(name: str) -> None:
    key = incoming_key(name)
    assert check_key(key) == key
    assert re.fullmatch(f"audio/incoming/{UUID}/[^/]+", key)


@given(ANY_TEXT)
def test_a_safe_key_has_no_way_out(key: str) -> None:
    if is_key(key):
        assert check_key(key) == key
        assert not key.startswith("/")
        assert all(part and not part.startswith(".") for part in key.split("/"))
        assert not re.search(r"[\\\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]", key)
        assert len(key.encode()) <= 800


@pytest.mark.parametrize("key", UNSAFE_KEYS)
def test_the_message_shows_the_key_without_its_control_characters(key: str) -> None:
    with pytest.raises(InvalidStorageKey) as caught:
        check_key(key)
    assert str(caught.value).startswith(f"{key!r} cannot name an object of the storage: it ") or str(
        caught.value
    ).startswith(f"{key!r} cannot name an object of the storage: a part of it ")
    assert str(caught.value).isprintable()


def test_lengths_are_counted_in_bytes() -> None:
    assert is_key("ü" * 120)
    assert not is_key("ü" * 120 + "x")
    assert is_key("/".join(["x" * 199] * 4))  # 4 · 199 + 3 = 799
    assert not is_key("/".join(["x" * 199] * 4) + "/y")  # 801


@pytest.mark.parametrize("prefix", ["", "audio", "audio/", "audio/incoming/1"])
def test_what_a_key_may_begin_with_is_a_prefix(prefix: str) -> None:
    assert check_prefix(prefix) == prefix
