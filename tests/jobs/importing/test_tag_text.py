"""Text out of tags."""

from __future__ import annotations

import pytest

from jobs.importing.tag_text import clean, number, people


@pytest.mark.parametrize(
    "text",
    ["", "  ", "NaN", "nan", "Unknown", "unknown artist", "[Unknown]", "<unknown>", "-", "N/A", "null", "\0", None],
)
def test_what_says_nothing_is_nothing(text: str | None) -> None:
    assert clean(text) is None


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  Clair \t de\nlune ", "Clair de lune"),
        ("Bach\0", "Bach"),
        ("Ba\x1b[31mch\x07", "Ba[31mch"),
        ("Dvor\u030ca\u0301k", "Dvořák"),
        ("\ufeffTitle\u202e", "Title"),
        ("Nan Goldin", "Nan Goldin"),
        ("The Unknown Region", "The Unknown Region"),
    ],
)
def test_text_is_made_fit_to_show(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_long_text_is_cut() -> None:
    assert clean("x" * 501) == "x" * 499 + "…"
    assert clean("x" * 500) == "x" * 500
    assert clean("abc def", length=5) == "abc…"


def test_people_are_told_apart_by_semicolons_and_spaced_slashes_but_not_commas() -> None:
    assert people("Bach, J. S.; Ensemble A/B / Ma, Yo-Yo;Bach, J. S.; NaN; Various Artists") == [
        "Bach, J. S.",
        "Ensemble A/B",
        "Ma, Yo-Yo",
    ]
    assert people(None) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [("3", 3), ("03/12", 3), (" 7 ", 7), ("0", None), ("A1", None), ("", None), (None, None), ("123456", None)],
)
def test_numbers(text: str | None, value: int | None) -> None:
    assert number(text) == value
