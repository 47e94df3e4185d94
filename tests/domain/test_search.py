from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors.asking import SearchTextTooLong
from domain.search import MAX_TEXT_LENGTH, MAX_WORDS, distance, errors_allowed, remainders, words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Dvořák, Antonín", ("dvorak", "antonin")),
        ("Ærø Straße ŁÓDŹ", ("aero", "strasse", "lodz")),
        ("BWV1001/2", ("bwv", "1001", "2")),
        ("Op. 9 op", ("op", "9")),
        ("™ ½ ǽ", ("tm", "1", "2", "ae")),
        ("", ()),
        (" \0 & | ! : * ' \" \\ 🎻 ( ) <->", ()),
        ("שלום", ("שלום",)),
        ("\ud800", ()),
        ("x" * 200, ("x" * 64,)),
    ],
)
def test_words(text: str, found: tuple[str, ...]) -> None:
    assert words(text) == found


def test_the_first_words_of_many_count() -> None:
    assert words(" ".join(str(number) for number in range(40))) == tuple(str(number) for number in range(MAX_WORDS))


def test_a_long_text_is_refused() -> None:
    with pytest.raises(SearchTextTooLong, match="201 characters long; it takes up to 200"):
        words("a" * (MAX_TEXT_LENGTH + 1))


@pytest.mark.parametrize(
    ("typed", "word", "whole", "beginning"),
    [
        ("bach", "bach", 0, 0),
        ("bahc", "bach", 1, 1),  # swapped
        ("bch", "bach", 1, 1),  # left out
        ("baach", "bach", 1, 1),  # inserted
        ("buch", "bach", 1, 1),  # replaced
        ("beeth", "beethoven", 4, 0),
        ("beehtov", "beethoven", 3, 1),
        ("", "abc", 3, 0),
        ("abc", "", 3, 3),
    ],
)
def test_distance(typed: str, word: str, whole: int, beginning: int) -> None:
    assert distance(typed, word) == (whole, beginning)


@pytest.mark.parametrize(
    ("typed", "errors"), [("bac", 0), ("bach", 1), ("strauss", 1), ("schumann", 2), ("1001", 0), ("123456789", 0)]
)
def test_errors_allowed(typed: str, errors: int) -> None:
    assert errors_allowed(typed) == errors


def test_remainders_of_a_word() -> None:
    assert remainders("bach") == ("4ach", "4bac", "4bach", "4bah", "4bch")
    assert remainders("bac") == ()
    # 7 letters, 7 ways to leave one out, 7 × 6 / 2 ways to leave out two.
    assert len(remainders("abcdefgh")) == 1 + 7 + 21


@given(st.text(alphabet="abc", max_size=8), st.text(alphabet="abc", max_size=8))
def test_distance_is_the_same_both_ways(one: str, other: str) -> None:
    assert distance(one, other).whole == distance(other, one).whole
    assert distance(one, other).beginning == min(distance(one, other[:end]).whole for end in range(len(other) + 1))
