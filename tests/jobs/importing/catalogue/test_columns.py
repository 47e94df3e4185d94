"""Columns under other names."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.dates import DateOrder
from domain.errors.catalogues import CatalogueColumnMissing, MappingInvalid
from jobs.importing.catalogue.columns import ColumnMapping, find_columns, read_mapping


def test_names_differ_in_more_than_case_and_joints() -> None:
    assert find_columns("c", ["Album Name", "AUDIO_S3_KEY", "trackNo", "Piece"], ColumnMapping()) == {
        "album_name": "Album Name",
        "audio_s3_key": "AUDIO_S3_KEY",
        "track_no": "trackNo",
    }


def test_a_mapping_names_their_columns() -> None:
    mapping = ColumnMapping({"title": "Piece", "audio_s3_key": "File"})
    assert find_columns("c", ["file", "Piece", "title"], mapping) == {"title": "Piece", "audio_s3_key": "file"}


def test_what_is_missing_is_named_with_what_is_like_it() -> None:
    with pytest.raises(CatalogueColumnMissing) as raised:
        find_columns("c.csv", ["title", "audio_key"], ColumnMapping())
    assert str(raised.value).replace("\n", " ") == (
        "The catalogue 'c.csv' has no column 'audio_s3_key' (did you mean 'audio_key'?). Its columns are 'title',"
        " 'audio_key'. A mapping file says what it is called there, with a line such as audio_s3_key = \"Column\";"
        " name the file with --mapping."
    )
    with pytest.raises(CatalogueColumnMissing, match=r"no column 'Pieces' \(did you mean 'Piece'\?\)"):
        find_columns("c.csv", ["Piece", "audio_s3_key"], ColumnMapping({"title": "Pieces"}))


def test_mapping_files_are_toml_or_json(tmp_path: Path) -> None:
    toml, json = tmp_path / "m.toml", tmp_path / "m.json"
    toml.write_text('title = "Piece "\ndate_order = "day first"\n')
    json.write_text('{"title": "Piece", "date_order": "Day-First"}')
    assert read_mapping(toml) == read_mapping(json) == ColumnMapping({"title": "Piece"}, DateOrder.DAY_FIRST)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('titel = "Piece"', "Segue knows no 'titel' (did you mean 'title'?)"),
        ("title = 3", "'title' should be the name of a column, in quotation marks"),
        ("title =", "Invalid value (at end of document)"),
        ('date_order = "guess"', '\'date_order\' takes "month first", "day first", "year first", not "guess"'),
    ],
)
def test_a_mapping_that_cannot_be_used(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "m.toml"
    path.write_text(text)
    with pytest.raises(MappingInvalid) as raised:
        read_mapping(path)
    assert raised.value.details == {"path": str(path), "reason": reason}


def test_a_mapping_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MappingInvalid, match="No such file or directory"):
        read_mapping(tmp_path / "m.toml")
