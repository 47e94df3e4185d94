"""Names of people, and whose they are beyond doubt."""

from __future__ import annotations

import pytest

from domain.people import may_be_one, read_name
from domain.people_known import known_composer, possible_composers


@pytest.mark.parametrize(
    ("spellings", "key"),
    [
        (["Clara Schumann", "Schumann, Clara", "CLARA SCHUMANN", " clara  schumann "], "clara schumann"),
        (["J. S. Bach", "J.S.Bach", "JS Bach", "Bach, J.S.", "BACH, J. S."], "j s bach"),
        (["Antonín Dvořák", "Antonin Dvorak", "Dvořák, Antonín"], "antonin dvorak"),
        (["Ludwig van Beethoven", "Beethoven, Ludwig van", "van Beethoven, Ludwig"], "ludwig van beethoven"),
        (["Johann Strauss Jr.", "Strauss, Johann, Jr.", "Johann Strauss (Sohn)"], "johann strauss jr"),
        (["Vaughan Williams, Ralph", "Ralph Vaughan Williams"], "ralph vaughan williams"),
    ],
)
def test_spellings_of_one_name_share_a_key(spellings: list[str], key: str) -> None:
    names = [read_name(spelling) for spelling in spellings]
    assert {name.key for name in names} == {key}


@pytest.mark.parametrize(
    ("spelling", "shown"),
    [
        ("BACH, JOHANN SEBASTIAN", "Johann Sebastian Bach"),
        ("Harold White (1872-1943)", "Harold White (1872–1943)"),
        ("C.P.E. Bach", "C. P. E. Bach"),
        ("Trad.", "Traditional"),
        ("Anonymous, 16th c.", "Anonymous"),
        ("attr. J. S. Bach", "attr. J. S. Bach"),
        ("Трио", "Трио"),
    ],
)
def test_names_are_shown_in_natural_order(spelling: str, shown: str) -> None:
    assert read_name(spelling).shown == shown


# Whom a spelling means without any other knowledge, None where that is nobody or several.
HARD_CASES = [
    # families: the full name, or all initials where the family has them only once
    ("Johann Sebastian Bach", "Johann Sebastian Bach"),
    ("J. S. Bach", "Johann Sebastian Bach"),
    ("Joh. Seb. Bach", "Johann Sebastian Bach"),
    ("Bach (1685-1750)", "Johann Sebastian Bach"),
    ("C.P.E. Bach", "Carl Philipp Emanuel Bach"),
    ("W. F. Bach", "Wilhelm Friedemann Bach"),
    ("J. C. Bach", None),  # Johann Christian, Johann Christoph
    ("J. C. F. Bach", "Johann Christoph Friedrich Bach"),
    ("J. Bach", None),
    ("Johann Bach", None),
    ("Bach", None),
    ("P. D. Q. Bach", None),
    ("Mozart", None),
    ("W. A. Mozart", "Wolfgang Amadeus Mozart"),
    ("Mozart, Leopold", "Leopold Mozart"),
    ("F. X. Mozart", "Franz Xaver Wolfgang Mozart"),
    ("Haydn", None),
    ("J. Haydn", None),  # Joseph, Johann Michael
    ("Franz Joseph Haydn", "Joseph Haydn"),
    ("Johann Michael Haydn", "Michael Haydn"),
    ("Strauss", None),
    ("Johann Strauss", None),
    ("Johann Strauss (1825-1899)", "Johann Strauss II"),
    ("Johann Strauss (Vater)", "Johann Strauss I"),
    ("J. Strauss", None),
    ("R. Strauss", "Richard Strauss"),
    ("Couperin", None),
    ("F. Couperin", "François Couperin"),
    ("Louis Couperin", "Louis Couperin"),
    ("Scarlatti", None),
    ("D. Scarlatti", "Domenico Scarlatti"),
    # women of the same surname
    ("Schumann", None),
    ("Robert Schumann", "Robert Schumann"),
    ("Schumann, Clara", "Clara Schumann"),
    ("Clara Wieck", "Clara Schumann"),
    ("F. Mendelssohn", None),  # Felix, Fanny
    ("Fanny Mendelssohn", "Fanny Hensel"),
    ("L. Boulanger", "Lili Boulanger"),
    ("Boulanger", None),
    ("A. Mahler", "Alma Mahler"),
    # one bearer
    ("Beethoven", "Ludwig van Beethoven"),
    ("L. v. Beethoven", "Ludwig van Beethoven"),
    ("Saint-Saens", "Camille Saint-Saëns"),
    ("F. Schubert", "Franz Schubert"),
    ("Ferdinand Schubert", None),
    ("Vaughan Williams", "Ralph Vaughan Williams"),
    ("John Williams", None),
    ("G. F. Haendel", "George Frideric Handel"),
    ("Claude Achille Debussy", "Claude Debussy"),
    # surnames that many have
    ("R. Clarke", None),
    ("Williams", None),
    ("Weber", None),
    ("John Adams", None),
    # other scripts
    ("Пётр Ильич Чайковский", "Pyotr Ilyich Tchaikovsky"),
    ("П. И. Чайковский", "Pyotr Ilyich Tchaikovsky"),
    ("Сергей Рахманинов", "Sergei Rachmaninoff"),
    ("Tschaikowsky, P. I.", "Pyotr Ilyich Tchaikovsky"),
    ("Рубинштейн", None),  # Anton, Nikolai
    # not said for certain, or nobody
    ("attr. J. S. Bach", None),
    ("Beethoven (?)", None),
    ("school of Bach", None),
    ("Traditional", None),
    ("Anonymous", None),
    # the years are another's
    ("Robert Schumann (1900-1980)", None),
]


@pytest.mark.parametrize(("spelling", "whom"), HARD_CASES)
def test_whom_a_spelling_means(spelling: str, whom: str | None) -> None:
    known = known_composer(read_name(spelling))
    assert (known.shown if known else None) == whom


def test_families_have_all_their_members() -> None:
    assert [known.shown for known in possible_composers(read_name("Schumann"))] == ["Clara Schumann", "Robert Schumann"]
    assert len(possible_composers(read_name("Bach"))) == 14


@pytest.mark.parametrize(
    ("one", "other", "may"),
    [
        ("Clara Schumann", "Robert Schumann", False),
        ("R. Schumann", "Robert Schumann", True),
        ("Schumann", "Clara Schumann", True),
        ("John Adams", "John Luther Adams", True),
        ("J. L. Adams", "John Adams", True),
        ("Luther Adams", "John Luther Adams", False),
        ("Johann Strauss II", "Johann Strauss I", False),
        ("Harold White (1872-1943)", "Harold White (1900-1980)", False),
        ("Maude White", "Maude Valérie White", True),
    ],
)
def test_which_names_may_be_one_persons(one: str, other: str, may: bool) -> None:
    assert may_be_one(read_name(one), read_name(other)) is may
    assert may_be_one(read_name(other), read_name(one)) is may
