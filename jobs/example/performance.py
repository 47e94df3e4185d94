"""From a score of the music21 corpus to the MIDI notes of its beginning."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import music21
import numpy as np
from music21 import Music21Object, articulations, chord, converter, dynamics, harmony, note, stream

from jobs.example.ensembles import Ensemble
from jobs.example.midi import MidiNote, Voice, midi_file
from jobs.example.tracks import Score

TAIL_SECONDS = 1.5
_MEZZO_FORTE = 0.55  # music21's scale of dynamics, 0 to 1
_SOUNDING, _SILENT = (note.Note, chord.Chord), harmony.ChordSymbol
_LEGATO, _STACCATO = 0.96, 0.5  # of the written duration
_TIMING_SECONDS, _TOUCH = 0.006, 5.0  # players differ by so much in onset and in velocity


def corpus_folder() -> Path:
    """Where the installed music21 keeps its scores."""
    return Path(music21.__file__).parent / "corpus"


def perform(score: Score, ensemble: Ensemble, generator: np.random.Generator) -> bytes:
    """The excerpt of a score that the archive plays, as a MIDI file.

    Tempo is the table's. Repeats are not taken (music21 cannot unfold all of them) and grace notes are left out.
    `generator` makes the players' slight unevenness.
    """
    played = [_notes(part, score, generator) for part in _excerpt(score)]
    silence = min(note.start for notes in played for note in notes)
    voices = []
    for index, notes in enumerate(played):
        pan = 64 if len(played) == 1 else 44 + round(40 * index / (len(played) - 1))
        moved = tuple(replace(note, start=note.start - silence, end=note.end - silence) for note in notes)
        voices.append(Voice(ensemble.program(index), pan, moved))
    return midi_file(voices, tail_seconds=TAIL_SECONDS)


def _excerpt(score: Score) -> list[stream.Stream[Music21Object]]:
    """The parts of the excerpt, flat and without ties; offsets still count from the beginning of the score."""
    end = score.first_quarter + score.quarters
    excerpt = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # music21's, about flaws of the encodings that are not heard
        parts = _parts(corpus_folder() / score.path)
        _check_barlines(parts, score.path, end)
        for part in parts:
            part.toSoundingPitch(inPlace=True)
            inside = part.flatten().getElementsByOffset(score.first_quarter, end, includeEndBoundary=False)
            window: stream.Stream[Music21Object] = inside.stream()
            window.stripTies(inPlace=True)
            excerpt.append(window)
    return excerpt


def _parts(path: Path) -> list[stream.Part]:
    # No pickles: they would be written to the user's temporary folder.
    parsed = converter.parse(path, forceSource=True, storePickle=False)
    match parsed:
        case stream.Opus():  # the ABC files hold each voice as a score of its own
            return [part for score in parsed.scores for part in score.parts]
        case stream.Score():
            return list(parsed.parts)
        case part:
            return [part]


def _check_barlines(parts: list[stream.Part], path: str, end: float) -> None:
    """Some encodings have a beat too many in one part, and from there on the parts sound apart."""
    starts = [[measure.offset for measure in part.getElementsByClass(stream.Measure)] for part in parts]
    for number, offsets in enumerate(zip(*starts, strict=False), start=1):
        if min(offsets) < end and len(set(offsets)) > 1:
            raise ValueError(f"the parts of {path} do not begin measure {number} together: choose another excerpt")


def _notes(part: stream.Stream[Music21Object], score: Score, generator: np.random.Generator) -> list[MidiNote]:
    seconds_per_quarter = 60.0 / score.quarters_per_minute
    end = (score.first_quarter + score.quarters) * seconds_per_quarter
    level, notes = _MEZZO_FORTE, []
    for element in part:
        if isinstance(element, dynamics.Dynamic):
            level = element.volumeScalar
        elif isinstance(element, _SOUNDING) and not isinstance(element, _SILENT) and not element.duration.isGrace:
            short = any(isinstance(mark, articulations.Staccato) for mark in element.articulations)
            held = float(element.quarterLength) * seconds_per_quarter * (_STACCATO if short else _LEGATO)
            start = float(element.offset) * seconds_per_quarter + generator.uniform(0, _TIMING_SECONDS)
            velocity = round(np.clip(40 + 80 * level + generator.normal(0, _TOUCH), 1, 127))
            notes += [MidiNote(start, min(start + held, end), pitch.midi, velocity) for pitch in element.pitches]
    return notes
