"""Scores of the real corpus, played: pitches, times, instruments."""

from __future__ import annotations

import io

import mido
import numpy as np
import pytest

from jobs.example import ensembles as by
from jobs.example.ensembles import Ensemble
from jobs.example.performance import perform
from jobs.example.tracks import Score

UNEVEN = 0.0065  # seconds: what players differ by, and half a tick


def notes(score: Score, ensemble: Ensemble) -> list[tuple[float, int, int]]:
    """(start in seconds, channel, pitch) of every note."""
    clock, found = 0.0, []
    for message in mido.MidiFile(file=io.BytesIO(perform(score, ensemble, np.random.default_rng(0)))):
        clock += message.time
        if message.type == "note_on":
            found.append((clock, message.channel, message.note))
    return found


def test_a_chorale_begins_with_its_first_chord_at_its_tempo() -> None:
    # "Ein feste Burg": D5 D5 D5 in quarter notes, then A4 B4 in eighths; 120 quarters a minute last half a second each.
    score = Score("Johann Sebastian Bach", "bach/bwv303.mxl", "Ein feste Burg ist unser Gott", 4, 120)

    played = notes(score, by.CHOIR)

    soprano = [(start, pitch) for start, channel, pitch in played if channel == 0]
    assert [pitch for _, pitch in soprano] == [74, 74, 74, 69, 71]
    assert [start for start, _ in soprano] == pytest.approx([0.0, 0.5, 1.0, 1.5, 1.75], abs=UNEVEN)
    assert {channel: pitch for start, channel, pitch in played if start < UNEVEN} == {0: 74, 1: 69, 2: 66, 3: 62}


def test_an_excerpt_in_the_middle_begins_at_once() -> None:
    # The first 16 quarters are the piano's; then the soloist, fifth from the top, enters with D4.
    score = Score("Liliʻuokalani", "liliuokalani/aloha_oe.mxl", "Aloha ʻOe", 8, 60, 16)

    played = notes(score, by.SOLO_CHOIR_AND_PIANO)

    assert played[0][0] == 0.0
    assert next((start, pitch) for start, channel, pitch in played if channel == 4) == (
        pytest.approx(0.0, abs=UNEVEN),
        62,
    )


def test_voices_written_as_separate_scores_sound_together() -> None:
    # The ABC file of "Mille regretz" holds four tunes, one for each voice. Three begin on E; the tenor enters with
    # the fifth bar of four quarters: at 120 quarters a minute, 16 / 2 = 8 seconds later.
    played = notes(Score("Josquin des Prez", "josquin/milleRegrets.abc", "Mille regretz", 24, 120), by.GUITARS)

    assert {channel: pitch for start, channel, pitch in played if start < UNEVEN} == {0: 64, 1: 64, 3: 52}
    assert next((start, pitch) for start, channel, pitch in played if channel == 2) == (
        pytest.approx(8.0, abs=UNEVEN),
        52,
    )


def test_parts_that_fall_apart_are_refused() -> None:
    # The viola's ninth measure is an eighth short in this encoding.
    flawed = Score("Ludwig van Beethoven", "beethoven/opus18no1/movement2.mxl", "Adagio", 54, 69)

    with pytest.raises(ValueError, match="do not begin measure 10 together"):
        perform(flawed, by.STRING_QUARTET, np.random.default_rng(0))
