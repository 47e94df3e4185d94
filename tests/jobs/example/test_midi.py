"""MIDI files, read back by another library."""

from __future__ import annotations

import io

import mido

from jobs.example.midi import MidiNote, Voice, midi_file


def test_notes_sound_when_and_as_told() -> None:
    low = Voice(42, 20, (MidiNote(0.0, 1.0, 48, 70), MidiNote(1.0, 2.5, 48, 90)))
    high = Voice(40, 100, (MidiNote(0.5, 0.75, 76, 101),))

    read = mido.MidiFile(file=io.BytesIO(midi_file([low, high], tail_seconds=1.5)))

    assert read.type == 1
    assert read.length == 2.5 + 1.5
    clock, sounding = 0.0, []
    for message in read:
        clock += message.time
        if message.type in ("note_on", "note_off"):
            sounding.append((clock, message.channel, message.type, message.note, message.velocity))
    assert sounding == [
        (0.0, 0, "note_on", 48, 70),
        (0.5, 1, "note_on", 76, 101),
        (0.75, 1, "note_off", 76, 0),
        (1.0, 0, "note_off", 48, 0),  # before the same pitch begins again
        (1.0, 0, "note_on", 48, 90),
        (2.5, 0, "note_off", 48, 0),
    ]
    assert [(m.channel, m.program) for m in read if m.type == "program_change"] == [(0, 42), (1, 40)]
    assert [(m.channel, m.value) for m in read if m.type == "control_change" and m.control == 10] == [(0, 20), (1, 100)]


def test_the_drum_channel_stays_free() -> None:
    voices = [Voice(52, 64, (MidiNote(0.0, 1.0, 60 + part, 80),)) for part in range(11)]

    read = mido.MidiFile(file=io.BytesIO(midi_file(voices, tail_seconds=0)))

    channels = {message.note: message.channel for message in read if message.type == "note_on"}
    assert channels == {60: 0, 61: 1, 62: 2, 63: 3, 64: 4, 65: 5, 66: 6, 67: 7, 68: 8, 69: 10, 70: 11}
