"""Standard MIDI files: the notes of a performance as bytes (MIDI 1.0, "Standard MIDI Files", 1996)."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass

TICKS_PER_SECOND = 960
# At 60 quarter notes a minute a tick is the same fraction of a second everywhere in the file.
_MICROSECONDS_PER_QUARTER = 1_000_000
_DRUMS = 9
_VOLUME, _PAN, _REVERB = 7, 10, 91


@dataclass(frozen=True)
class MidiNote:
    """`start` and `end` in seconds; `pitch` 0 to 127, middle C is 60; `velocity` 1 to 127."""

    start: float
    end: float
    pitch: int
    velocity: int


@dataclass(frozen=True)
class Voice:
    """What one player plays. `program` is General MIDI's, from 0; `pan` 0 (left) to 127 (right)."""

    program: int
    pan: int
    notes: tuple[MidiNote, ...]


def midi_file(voices: Iterable[Voice], *, tail_seconds: float) -> bytes:
    """The voices as a format 1 file, each on a channel of its own, at most 15 of them.

    The file lasts `tail_seconds` longer than its last note, so that the sound can die away.
    """
    voices = list(voices)
    last = max(note.end for voice in voices for note in voice.notes)
    length = _ticks(last + tail_seconds)
    tempo = b"\xff\x51\x03" + _MICROSECONDS_PER_QUARTER.to_bytes(3, "big")
    tracks = [_track([(0, tempo)], length)]
    melodic = [channel for channel in range(16) if channel != _DRUMS]
    for channel, voice in zip(melodic, voices, strict=False):
        tracks.append(_track(_events(channel, voice), length))
    header = struct.pack(">4sIHHH", b"MThd", 6, 1, len(tracks), TICKS_PER_SECOND)
    return header + b"".join(tracks)


def _ticks(seconds: float) -> int:
    return round(seconds * TICKS_PER_SECOND)


def _events(channel: int, voice: Voice) -> list[tuple[int, bytes]]:
    control = 0xB0 | channel
    setup = bytes((0xC0 | channel, voice.program))
    events = [(0, setup)]
    for controller, value in ((_VOLUME, 90), (_PAN, voice.pan), (_REVERB, 100)):
        events.append((0, bytes((control, controller, value))))
    sounding = []
    for note in voice.notes:
        sounding.append((_ticks(note.start), 1, bytes((0x90 | channel, note.pitch, note.velocity))))
        sounding.append((_ticks(note.end), 0, bytes((0x80 | channel, note.pitch, 0))))
    # Ends sort before starts, or a repeated note would be silenced by the end of the one before it.
    return events + [(tick, event) for tick, _, event in sorted(sounding)]


def _track(events: list[tuple[int, bytes]], length: int) -> bytes:
    body, before = bytearray(), 0
    for tick, event in [*events, (length, b"\xff\x2f\x00")]:
        body += _variable_length(tick - before) + event
        before = tick
    return struct.pack(">4sI", b"MTrk", len(body)) + bytes(body)


def _variable_length(value: int) -> bytes:
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.append(0x80 | value & 0x7F)
    return bytes(reversed(groups))
