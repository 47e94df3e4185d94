"""Fields that name one person or several."""

from __future__ import annotations

import pytest

from domain.people_credits import Part, read_credits

COMPOSER, ARRANGER, AUTHOR = Part.COMPOSER, Part.ARRANGER, Part.AUTHOR


@pytest.mark.parametrize(
    ("field", "credits"),
    [
        (" Hugo Wolf", [("Hugo Wolf", COMPOSER)]),
        ("Bach, J.S.", [("J. S. Bach", COMPOSER)]),
        ("Strauss, Johann, Jr.", [("Johann Strauss Jr.", COMPOSER)]),
        ("Saint-Georges, Joseph Bologne", [("Joseph Bologne Saint-Georges", COMPOSER)]),
        ("Mozart, Wolfgang Amadeus, 1756-1791", [("Wolfgang Amadeus Mozart (1756–1791)", COMPOSER)]),
        ("Smith, Jones", [("Jones Smith", COMPOSER)]),
        ("Bach, Vivaldi", [("Bach", COMPOSER), ("Vivaldi", COMPOSER)]),
        ("J. S. Bach; A. Vivaldi; J. S. Bach", [("J. S. Bach", COMPOSER), ("A. Vivaldi", COMPOSER)]),
        ("Bach, J.S., Vivaldi, A.", [("J. S. Bach", COMPOSER), ("A. Vivaldi", COMPOSER)]),
        (
            "Johann Sebastian Bach, Antonio Vivaldi",
            [("Johann Sebastian Bach", COMPOSER), ("Antonio Vivaldi", COMPOSER)],
        ),
        ("Clara and Robert Schumann", [("Clara Schumann", COMPOSER), ("Robert Schumann", COMPOSER)]),
        ("Bach - Gounod", [("Bach", COMPOSER), ("Gounod", COMPOSER)]),
        ("Bach-Busoni", [("Bach-Busoni", COMPOSER)]),
        ("Bach (1685 - 1750)", [("Bach (1685–1750)", COMPOSER)]),
        ("J. S. Bach, arr. F. Busoni", [("J. S. Bach", COMPOSER), ("F. Busoni", ARRANGER)]),
        ("Bach,J.S.,arr.Busoni", [("J. S. Bach", COMPOSER), ("Busoni", ARRANGER)]),
        ("Modest Mussorgsky, orch. Maurice Ravel", [("Modest Mussorgsky", COMPOSER), ("Maurice Ravel", ARRANGER)]),
        ("Traditional, arr. Benjamin Britten", [("Traditional", COMPOSER), ("Benjamin Britten", ARRANGER)]),
        ("Kreisler, F. (arr.)", [("F. Kreisler", ARRANGER)]),
        ("Franz Schubert; Goethe (text)", [("Franz Schubert", COMPOSER), ("Goethe", AUTHOR)]),
        ("Barry Arr", [("Barry Arr", COMPOSER)]),
        ("", []),
        (None, []),
    ],
)
def test_everyone_is_named_once(field: str | None, credits: list[tuple[str, Part]]) -> None:
    assert [(credit.name.shown, credit.part) for credit in read_credits(field)] == credits


def test_what_nobody_can_tell_apart_stays_together_and_says_so() -> None:
    [credit] = read_credits("Mary Ann Jones, Ebenezer Smith, Zebulon")
    assert (credit.text, credit.name.key, credit.joint) == (
        "Mary Ann Jones, Ebenezer Smith, Zebulon",
        "mary ann jones ebenezer smith zebulon",
        True,
    )
