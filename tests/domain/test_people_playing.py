"""Who plays what."""

from __future__ import annotations

import pytest

from domain.people_playing import Playing, read_playing


@pytest.mark.parametrize(
    ("text", "role", "playing"),
    [
        ("Jane Doe (violin)", "", Playing("Jane Doe", "", "violin")),
        ("Jane Doe, Violine", "", Playing("Jane Doe", "", "violin")),
        ("Jane Doe [solo violin & viola]", "", Playing("Jane Doe", "soloist", "violin, viola")),
        ("Marin Alsop (Dirigentin)", "", Playing("Marin Alsop", "conductor", None)),
        ("Marin Alsop", "conductor", Playing("Marin Alsop", "conductor", None)),
        ("Quatuor Ébène", "", Playing("Quatuor Ébène", "ensemble", None)),
        ("Ana Lima (1912-1990)", "", Playing("Ana Lima (1912-1990)", "", None)),
        ("Bach, J. S.", "", Playing("Bach, J. S.", "", None)),
        ("Christa Ludwig (mezzo-soprano)", "", Playing("Christa Ludwig", "", "mezzo-soprano")),
    ],
)
def test_names_say_who_plays_what(text: str, role: str, playing: Playing) -> None:
    assert read_playing(text, role) == playing
