"""Who plays: the synthesized ensembles of the example archive."""

from __future__ import annotations

from dataclasses import dataclass

# General MIDI programs, counted from 0.
_PIANO, _HARPSICHORD, _ORGAN, _GUITAR = 0, 6, 19, 24
_VIOLIN, _VIOLA, _CELLO, _HARP = 40, 41, 42, 46
_CHOIR, _TRUMPET, _TROMBONE, _HORN = 52, 56, 57, 60
_OBOE, _BASSOON, _CLARINET, _FLUTE, _RECORDER = 68, 70, 71, 73, 74


@dataclass(frozen=True)
class Ensemble:
    """`performer` as it is tagged. `programs`: one General MIDI program for each part of a score, from the top; where
    a score has more parts, the last one plays them too."""

    performer: str
    programs: tuple[int, ...]

    def program(self, part: int) -> int:
        """The program that plays a part, counted from 0."""
        return self.programs[min(part, len(self.programs) - 1)]


ORGAN = Ensemble("Synthesized Organ", (_ORGAN,))
PIANO = Ensemble("Synthesized Piano", (_PIANO,))
HARPSICHORD = Ensemble("Synthesized Harpsichord", (_HARPSICHORD,))
HARP = Ensemble("Synthesized Harp", (_HARP,))
GUITARS = Ensemble("Synthesized Guitar Ensemble", (_GUITAR,))
RECORDERS = Ensemble("Synthesized Recorder Consort", (_RECORDER,))
CHOIR = Ensemble("Synthesized Choir", (_CHOIR,))
CHOIR_AND_PIANO = Ensemble("Synthesized Choir and Piano", (*[_CHOIR] * 4, _PIANO))
SOLO_CHOIR_AND_PIANO = Ensemble("Synthesized Choir and Piano", (*[_CHOIR] * 5, _PIANO))
STRING_QUARTET = Ensemble("Synthesized String Quartet", (_VIOLIN, _VIOLIN, _VIOLA, _CELLO))
WIND_QUARTET = Ensemble("Synthesized Wind Quartet", (_FLUTE, _OBOE, _CLARINET, _BASSOON))
BRASS_QUARTET = Ensemble("Synthesized Brass Quartet", (_TRUMPET, _TRUMPET, _HORN, _TROMBONE))
PIANO_TRIO = Ensemble("Synthesized Piano Trio", (_VIOLIN, _CELLO, _PIANO))
TRIO_SONATA = Ensemble("Synthesized Baroque Ensemble", (_VIOLIN, _VIOLIN, _HARPSICHORD))
CELLO_AND_PIANO = Ensemble("Synthesized Cello and Piano", (_CELLO, _PIANO))
OBOE_AND_PIANO = Ensemble("Synthesized Oboe and Piano", (_OBOE, _PIANO))
OBOE_AND_HARPSICHORD = Ensemble("Synthesized Oboe and Harpsichord", (_OBOE, _HARPSICHORD))
CLARINET_AND_PIANO = Ensemble("Synthesized Clarinet and Piano", (_CLARINET, _PIANO))
