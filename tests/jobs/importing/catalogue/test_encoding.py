"""The text of a catalogue file, whatever wrote it."""

from __future__ import annotations

import pytest

from jobs.importing.catalogue.encoding import decode

TEXT = '[{"title": "Élégie à Dvořák"}]'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_is_recognized_with_and_without_its_mark(encoding: str) -> None:
    assert decode(TEXT.encode(encoding)) == (TEXT, None)


def test_what_is_no_unicode_is_a_guess_and_says_so() -> None:
    assert decode("title\nÉlégie – €".encode("cp1252")) == ("title\nÉlégie – €", "cp1252")
    assert decode(b"title\n\x81") == ("title\n\x81", "latin-1")  # cp1252 has no 0x81


def test_a_broken_unicode_with_a_mark_is_not_guessed_at() -> None:
    with pytest.raises(UnicodeDecodeError):
        decode(b"\xef\xbb\xbf\xff")


def test_nothing_is_nothing() -> None:
    assert decode(b"") == ("", None)
