"""Finds recordings that are in the archive more than once, for a person to decide about. Nothing is merged.

Vectors and lengths say which pairs may be the same; whether they are, their fingerprints say. Another performance of
the same work has another signal, and is no duplicate however alike it sounds.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import Engine

from domain.errors.recordings import UnusableAudio
from domain.spaces import DEFAULT_SPACE
from jobs.audio_source import AudioSource
from jobs.hearing.fingerprinter import Fingerprinter
from jobs.hearing.limits import Limits
from ml.alignment import Overlap, longest_overlap
from ml.fingerprint import REVISION, Fingerprint, from_bytes, to_bytes
from sql.retrieval.near_duplicates import Candidates, FiledTrack, filed_tracks, save_fingerprint, stored_fingerprint

# So much of both must be shared by what is only encoded again: the rest is what was cut off or faded.
WHOLE = 0.9
# A fingerprint of five minutes takes 40 kB.
FINGERPRINTS_AT_HAND = 256


class Kind(StrEnum):
    """`SAME_AUDIO`: files of one track, with the same audio packets. `RE_ENCODING`: two tracks with the same signal,
    encoded in two ways. `OVERLAPPING`: two tracks of which one holds a part of the other, or both a part of a third."""

    SAME_AUDIO = "SAME_AUDIO"
    RE_ENCODING = "RE_ENCODING"
    OVERLAPPING = "OVERLAPPING"


@dataclass(frozen=True)
class NearDuplicate:
    """Two recordings that are the same in whole or in part: `one` was imported first.

    Of two tracks, `overlap` is the stretch they share, in seconds of `one`; of two files of a track it is None.
    """

    kind: Kind
    one: FiledTrack
    other: FiledTrack
    one_path: str
    other_path: str
    overlap: Overlap | None = None


@dataclass
class NearDuplicates:
    """What was found, in the order of `Kind` and then of import; the tracks that could not be heard, with why; and how
    many were left out since they are not in the space."""

    found: list[NearDuplicate] = field(default_factory=list)
    unheard: list[tuple[FiledTrack, str]] = field(default_factory=list)
    compared: int = 0
    not_in_space: int = 0


def find_near_duplicates(
    engine: Engine,
    audio: AudioSource,
    limits: Limits,
    on_progress: Callable[[int, int, str], object] = lambda done, total, current: None,
    space: str = DEFAULT_SPACE,
) -> NearDuplicates:
    """Look through the whole archive. `on_progress` is told tracks done, tracks in all, and which is in hand.

    Fingerprints are taken of what is compared, once; they are kept. Raises SpaceNotReady, DecoderNotStarted.
    """
    report = NearDuplicates()
    with engine.connect() as connection:
        tracks = {track.id: track for track in filed_tracks(connection)}
        report.not_in_space = Candidates(connection, space).unheard()
    report.found += [
        NearDuplicate(Kind.SAME_AUDIO, track, track, track.paths[0], path)
        for track in tracks.values()
        for path in track.paths[1:]
    ]
    alike: list[NearDuplicate] = []
    seen: set[tuple[int, int]] = set()
    with Fingerprinter(limits) as fingerprinter:
        fingerprints = _Fingerprints(engine, audio, fingerprinter, report)
        for done, track in enumerate(tracks.values()):
            on_progress(done, len(tracks), track.title)
            with engine.connect() as connection:
                near = Candidates(connection, space).of(track.id)
            for other in sorted(near & tracks.keys()):
                pair = (min(track.id, other), max(track.id, other))
                if pair not in seen:
                    seen.add(pair)
                    alike += _compared(tracks[pair[0]], tracks[pair[1]], fingerprints, report)
    on_progress(len(tracks), len(tracks), "")
    report.found += sorted(alike, key=lambda found: (found.kind is Kind.OVERLAPPING, found.one.id, found.other.id))
    return report


class _Fingerprints:
    """Fingerprints by track: those at hand, those that are stored, and those that have to be taken."""

    def __init__(
        self, engine: Engine, audio: AudioSource, fingerprinter: Fingerprinter, report: NearDuplicates
    ) -> None:
        self._engine = engine
        self._audio = audio
        self._fingerprinter = fingerprinter
        self._report = report
        self._at_hand: OrderedDict[int, Fingerprint] = OrderedDict()
        self._unheard: set[int] = set()

    def of(self, track: FiledTrack) -> Fingerprint | None:
        """None where the track cannot be heard, which is reported once."""
        if track.id in self._unheard:
            return None
        found = self._at_hand.pop(track.id, None) or self._stored(track) or self._taken(track)
        if found is None:
            self._unheard.add(track.id)
            return None
        self._at_hand[track.id] = found
        if len(self._at_hand) > FINGERPRINTS_AT_HAND:
            self._at_hand.popitem(last=False)
        return found

    def _stored(self, track: FiledTrack) -> Fingerprint | None:
        with self._engine.connect() as connection:
            data = stored_fingerprint(connection, track.id, REVISION)
        return None if data is None else from_bytes(data)

    def _taken(self, track: FiledTrack) -> Fingerprint | None:
        try:
            with self._audio.open(track.paths) as path:
                taken = self._fingerprinter.take(path)
        except (UnusableAudio, OSError) as error:
            self._report.unheard.append((track, str(error)))
            return None
        with self._engine.begin() as connection:
            save_fingerprint(connection, track.id, REVISION, to_bytes(taken))
        return taken


def _compared(
    one: FiledTrack, other: FiledTrack, fingerprints: _Fingerprints, report: NearDuplicates
) -> list[NearDuplicate]:
    first, second = fingerprints.of(one), fingerprints.of(other)
    if first is None or second is None:
        return []
    report.compared += 1
    overlap = longest_overlap(first, second)
    if overlap is None:
        return []
    whole = overlap.seconds >= WHOLE * max(first.seconds, second.seconds)
    kind = Kind.RE_ENCODING if whole else Kind.OVERLAPPING
    return [NearDuplicate(kind, one, other, one.paths[0], other.paths[0], overlap)]
