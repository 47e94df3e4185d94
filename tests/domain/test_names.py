from __future__ import annotations

import pytest

from domain.names import fold, person_sort_key, title_sort_key


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Dvořák, A.", "dvorak a"),
        ("  Camille   Saint-Saëns ", "camille saint saens"),
        ("Straße", "strasse"),
        ("Ærø", "aero"),
        ("Łukasz", "lukasz"),
        ("Трио", "трио"),
        ("", ""),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    "spelling", ["Johann Sebastian Bach", "Bach, Johann Sebastian", "BACH, Johann  Sebastian", "Johann Sebastian Bach "]
)
def test_people_sort_by_last_name(spelling: str) -> None:
    assert person_sort_key(spelling) == "bach johann sebastian"


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Johann Strauss II", "strauss johann ii"),
        ("Luise Adolpha Le Beau", "le beau luise adolpha"),
        ("Maria Theresia von Paradis", "paradis maria theresia von"),
        ("Vincent d'Indy", "d indy vincent"),
        ("La Monte Young", "young la monte"),
        ("Le Beau", "beau le"),
    ],
)
def test_what_belongs_to_a_last_name(name: str, key: str) -> None:
    assert person_sort_key(name) == key


def test_numbers_in_titles_sort_by_value() -> None:
    titles = ["Étude Op. 10", "Etude Op. 9", "Caprice No. 24", "Caprice No. 5"]
    assert sorted(titles, key=title_sort_key) == ["Caprice No. 5", "Caprice No. 24", "Etude Op. 9", "Étude Op. 10"]
