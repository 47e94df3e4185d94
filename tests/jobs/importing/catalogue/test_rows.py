"""Rows of JSON and CSV, and where they are broken."""

from __future__ import annotations

import json

import pytest

from domain.errors.catalogues import CatalogueUnreadable
from jobs.importing.catalogue.rows import Row, csv_rows, json_rows, storable

KNOWN = frozenset({"title", "audio_s3_key"})


def test_json_entries_are_counted_from_one() -> None:
    rows = list(json_rows(' [ {"a": 1} ,\n {"a": NaN}, 7, {"b": "x\\u0000\\ud800"} ] ', "c"))
    assert rows == [
        Row(1, {"a": 1}),
        Row(2, {"a": "NaN"}),
        Row(3, {"": 7}, "it is no object with named values"),
        Row(4, {"b": "x��"}),
    ]
    assert list(json_rows("[]", "c")) == []
    assert list(json_rows('[{"a": 1},]', "c")) == [Row(1, {"a": 1})]  # harmless, and often written
    assert list(json_rows('{"version": 2, "tracks": [{"a": 1}]}', "c")) == [Row(1, {"a": 1})]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('[\n {"a": 1},\n {"a": }\n]', "line 3, column 8: Expecting value"),
        ('[{"a": 1}\n {"a": 2}]', "line 2, column 2: a comma or the end of the list should be here"),
        ('[{"a": 1},', "line 1, column 11: Expecting value"),
        ("hello", "line 1, column 1: a list of entries should begin here"),
        ('{"a": 1}', "line 1, column 1: a list of entries should begin here"),
        ('{"a": [', "line 1, column 8: Expecting value"),
        ("[" + "[" * 100_000, "line 1, column 2: it is nested too deep"),
    ],
)
def test_broken_json_says_where(text: str, place: str) -> None:
    with pytest.raises(CatalogueUnreadable) as raised:
        list(json_rows(text, "c.json"))
    assert raised.value.details == {"path": "c.json", "reason": place}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_under_which_the_header_makes_sense(delimiter: str) -> None:
    text = delimiter.join(("title", "audio_s3_key")) + '\r\n"a, b; c"' + delimiter + "x\r\n"
    assert list(csv_rows(text, "c", KNOWN)) == [Row(2, {"title": "a, b; c", "audio_s3_key": "x"})]


def test_csv_lines_are_those_of_the_file() -> None:
    text = 'sep=;\ntitle;audio_s3_key\n\n"two\nlines";x\nshort\na;b;;\na;b;c\n'
    assert list(csv_rows(text, "c", KNOWN)) == [
        Row(4, {"title": "two\nlines", "audio_s3_key": "x"}),
        Row(6, {"title": "short"}),
        Row(7, {"title": "a", "audio_s3_key": "b"}),
        Row(8, {"title": "a", "audio_s3_key": "b", "": ["c"]}, "it has 3 cells under 2 names of columns"),
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it has no line with names of columns"),
        ("title,title\n", "two columns are called 'title'"),
        ('title,x\na,"' + "b" * 100_001, "field larger than field limit (100000) (line 2; is a quotation mark not"),
    ],
)
def test_csv_that_cannot_be_read(text: str, reason: str) -> None:
    with pytest.raises(CatalogueUnreadable) as raised:
        list(csv_rows(text, "c.csv", KNOWN))
    assert raised.value.details["reason"].startswith(reason)


def test_what_is_stored_is_json() -> None:
    value = storable({"a\0": [float("nan"), float("-inf"), 1.5, None, True], "b": {"c": "\udc80"}})
    assert value == {"a�": ["NaN", "-inf", 1.5, None, True], "b": {"c": "�"}}
    assert json.loads(json.dumps(value, allow_nan=False)) == value
