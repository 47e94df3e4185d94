"""What a row says."""

from __future__ import annotations

from jobs.importing.catalogue.lines import read_line
from jobs.importing.catalogue.rows import Row

COLUMNS = {
    name: name
    for name in (
        *("album_id", "album_name", "track_no", "disc_no", "track_id", "title", "composers", "arrangers"),
        *("performers", "labels", "genre", "release_date", "audio_s3_key", "duration"),
    )
}


def test_a_row_of_the_real_archive() -> None:
    line = read_line(
        Row(
            3,
            {
                "album_id": 2, "album_name": "Concert 1 (Disc One)", "track_no": 1, "track_id": 101.0,
                "title": " Concerto  For 2 Violins ", "composers": " Hugo Wolf", "arrangers": "NaN", "labels": "NaN",
                "genre": "Classical", "release_date": "7/30/1998 - 8/8/1998", "audio_s3_key": "x.m4a",
                "duration": "0:07:51",
            },
        ),
        COLUMNS,
        None,
    )  # fmt: skip
    assert line.said == {
        "id": "101",
        "title": "Concerto For 2 Violins",
        "album": "Concert 1 (Disc One)",
        "position": 1,
        "composer": "Hugo Wolf",
        "genre": "Classical",
        "date_text": "7/30/1998 - 8/8/1998",
        "dates": ["1998-07-30", "1998-08-08", "DAY"],
    }
    assert (line.number, line.album_id, line.durations, line.problems) == (3, "2", (471.0,), [])


def test_what_says_nothing_is_nothing() -> None:
    for nothing in ("NaN", "nan", "", " ", "null", "N/A", "none", "-", None, "�" * 0):
        assert read_line(Row(1, dict.fromkeys(COLUMNS, nothing)), COLUMNS, None).said == {}
    assert read_line(Row(1, {}), COLUMNS, None).said == {}


def test_lists_and_numbers_are_read_as_text() -> None:
    row = Row(1, {"composers": ["A", None, "B"], "labels": "ECM; Philips;ECM", "title": 5})
    row.values["performers"] = "Ana Lima (violin) / Bo Ek, conductor / Trio / NaN"
    assert read_line(row, COLUMNS, None).said == {
        "composer": "A; B",
        "labels": ["ECM", "Philips"],
        "performances": [["Ana Lima", "", "violin"], ["Bo Ek", "conductor", None], ["Trio", "ensemble", None]],
        "title": "5",
    }


def test_values_that_cannot_be_read_are_named() -> None:
    row = Row(1, {"track_no": "twelve", "disc_no": 0, "duration": "long", "title": {"x": 1}})
    line = read_line(row, COLUMNS, None)
    assert line.said == {}
    assert line.problems == [
        "'track_no' is no number from 1: 'twelve'",
        "'disc_no' is no number from 1: '0'",
        "'duration' is no length: 'long'",
    ]
