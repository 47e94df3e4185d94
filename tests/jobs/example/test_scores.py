"""The table: what it promises, and that the installed corpus has it."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from jobs.example.performance import TAIL_SECONDS, corpus_folder
from jobs.example.scores import TRACKS
from jobs.example.tracks import COMMENT, Track


def test_sixty_tracks_by_many_composers_on_several_albums() -> None:
    assert len(TRACKS) == 64
    assert len({track.album for track in TRACKS}) == 15
    assert len({track.score.composer for track in TRACKS}) == 23
    assert len({track.ensemble.performer for track in TRACKS}) == 17


def test_no_two_tracks_share_a_file_or_a_performance() -> None:
    assert max(Counter(track.path for track in TRACKS).values()) == 1
    assert max(Counter((track.score.path, track.ensemble) for track in TRACKS).values()) == 1


def test_four_works_are_played_twice() -> None:
    performances = Counter(track.score.path for track in TRACKS)

    assert {path: times for path, times in performances.items() if times > 1} == {
        "bach/bwv227.1.mxl": 2,
        "bach/bwv140.7.mxl": 2,
        "bach/bwv846.mxl": 2,
        "mozart/k458/movement2.mxl": 2,
    }


@pytest.mark.parametrize("track", TRACKS, ids=lambda track: track.path.stem)
def test_every_track_is_in_the_corpus_and_says_that_it_is_synthetic(track: Track) -> None:
    assert (corpus_folder() / track.score.path).is_file()
    # Rests at the beginning are left out, so that half a minute has to leave room for some.
    assert 33.0 <= track.score.seconds <= 60.0 - TAIL_SECONDS
    assert track.album.endswith("(synthetic)")
    assert track.ensemble.performer.startswith("Synthesized ")
    assert track.tags["comment"] == COMMENT
    assert re.fullmatch(r"[^/:?\"]+ \(synthetic\)/\d\d [^/:?\"]+\.m4a", str(track.path))


def test_tracks_are_numbered_within_their_album() -> None:
    songs = [track for track in TRACKS if track.album == "Songs of the Trecento (synthetic)"]

    assert [track.tags["track"] for track in songs] == ["1/4", "2/4", "3/4", "4/4"]
    assert [track.path.name for track in songs] == [
        "01 Cara mi donna.m4a",
        "02 Sì dolce non sonò.m4a",
        "03 Aquila altera.m4a",
        "04 O virum omnimoda.m4a",
    ]


def test_a_file_name_has_no_colons() -> None:
    (kyrie,) = [track for track in TRACKS if track.score.path == "palestrina/Kyrie_103.krn"]

    assert kyrie.tags["title"] == "Missa Papae Marcelli: Kyrie"
    assert str(kyrie.path) == "Palestrina - Masses for Choir (synthetic)/01 Missa Papae Marcelli - Kyrie.m4a"
