"""Paths as text."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from domain.paths import path_from_text, path_to_text


def test_an_ordinary_name_stays_as_it_is() -> None:
    assert path_to_text(Path("/music/Dvořák – Dumky.flac")) == "/music/Dvořák – Dumky.flac"


def test_a_latin_1_name_shows_its_bytes() -> None:
    assert path_to_text(Path(os.fsdecode(b"/music/na\xefve.flac"))) == "/music/na\\xefve.flac"


def test_a_name_that_looks_escaped_is_not_mistaken_for_bytes() -> None:
    assert path_to_text(Path("/a\\xef")) == "/a\\\\xef"
    assert path_from_text("/a\\\\xef") == Path("/a\\xef")


@given(st.binary(min_size=1).filter(lambda name: b"\0" not in name))
def test_every_name_comes_back_and_is_valid_unicode(name: bytes) -> None:
    path = Path(os.fsdecode(b"/" + name))
    text = path_to_text(path)
    assert path_from_text(text) == path
    assert text.encode().decode() == text
