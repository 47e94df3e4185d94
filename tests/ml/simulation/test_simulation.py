"""Synthetic listeners: exactly repeatable, and fond of what they are said to be fond of."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from domain.errors.listeners import ArchetypesUnusable
from domain.listening import InteractionKind
from ml.simulation.archetypes import Archetype, Archetypes, Groups, read_archetypes
from ml.simulation.repertoire import UNKNOWN, Repertoire, deviations
from ml.simulation.sessions import DISLIKED_BELOW, LIKED_FROM, Popularity
from ml.simulation.simulation import SimulatedSession, Simulation

UNTIL = datetime(2026, 1, 1, tzinfo=UTC)
PLAY, COMPLETE, SKIP = InteractionKind.PLAY, InteractionKind.COMPLETE, InteractionKind.SKIP


def repertoire(tracks: int = 120) -> Repertoire:
    """Every third track is for violin; twelve composers and ten albums take turns; tempo rises with the number."""
    rows = np.arange(tracks)
    return Repertoire(
        ids=rows + 1_000,
        durations=np.full(tracks, 100.0),
        composers=rows % 12,
        albums=rows // 12,
        works=np.full(tracks, UNKNOWN),
        positions=rows % 12,
        tempo=60.0 + rows,
        loudness=np.full(tracks, np.nan),
        words=[frozenset({"violin"} if row % 3 == 0 else {"piano"}) for row in rows],
    )


def simulated(kind: Archetype, users: int = 30, seed: int = 7, **groups: float) -> list[SimulatedSession]:
    archetypes = Archetypes(archetype=(kind,), groups=Groups.model_validate(groups))
    simulation = Simulation(repertoire(), archetypes, users, seed, 60, UNTIL)
    return list(simulation.run(simulation.listeners()))


def played(sessions: list[SimulatedSession]) -> list[int]:
    return [event.track for session in sessions for event in session.events if event.kind is PLAY]


def test_a_seed_says_everything() -> None:
    archetypes = read_archetypes()

    def run(users: int, seed: int) -> list[SimulatedSession]:
        simulation = Simulation(repertoire(), archetypes, users, seed, 30, UNTIL)
        return list(simulation.run(simulation.listeners()))

    def content(sessions: list[SimulatedSession]) -> list[object]:
        return [(session.id, session.listener.id, session.started_at, session.events) for session in sessions]

    assert content(run(12, 7)) == content(run(12, 7))
    assert content(run(12, 7)) != content(run(12, 8))


def test_sessions_come_in_order_and_within_the_time() -> None:
    sessions = simulated(Archetype(name="anyone", share=1))
    starts = [session.started_at for session in sessions]
    assert starts == sorted(starts)
    assert all(0 <= (UNTIL - start).days <= 60 for start in starts)
    for session in sessions:
        seconds = [event.seconds for event in session.events]
        assert seconds == sorted(seconds)


def test_everything_that_begins_is_heard_out_or_skipped() -> None:
    for session in simulated(Archetype(name="anyone", share=1, patience=0.2)):
        kinds = [event.kind for event in session.events if event.kind in (PLAY, COMPLETE, SKIP)]
        assert kinds[::2] == [PLAY] * (len(kinds) // 2)
        assert PLAY not in kinds[1::2]
        for event in session.events:
            if event.kind is COMPLETE:
                assert event.played_seconds == 100.0
            elif event.kind is SKIP:
                assert event.played_seconds is not None
                assert event.played_seconds < 100.0


def test_who_likes_violins_plays_more_of_them() -> None:
    # A third of the tracks are for violin.
    indifferent = played(simulated(Archetype(name="anyone", share=1)))
    fond = played(simulated(Archetype(name="violins", share=1, words={"Violin": 1.0})))
    share = {"indifferent": 0.0, "fond": 0.0}
    share["indifferent"] = np.mean([track % 3 == 0 for track in indifferent])
    share["fond"] = np.mean([track % 3 == 0 for track in fond])
    assert share["indifferent"] == pytest.approx(1 / 3, abs=0.08)
    assert share["fond"] > 0.6


def test_who_likes_it_fast_plays_faster_tracks() -> None:
    tempo = repertoire().tempo
    fast = tempo[played(simulated(Archetype(name="fast", share=1, tempo=1.0)))].mean()
    slow = tempo[played(simulated(Archetype(name="slow", share=1, tempo=-1.0)))].mean()
    # The middle of 60 to 179 is 119.5; the deviation is 34.6.
    assert fast > 119.5 + 17
    assert slow < 119.5 - 17


def test_one_composer_at_a_time() -> None:
    kind = Archetype(name="one composer", share=1, composers=1, composer_weight=3.0)
    by_user: dict[object, Counter[int]] = {}
    for session in simulated(kind):
        counts = by_user.setdefault(session.listener.id, Counter())
        counts.update(event.track % 12 for event in session.events if event.kind is PLAY)
    # One of twelve composers would have a twelfth of the plays by chance.
    shares = [counts.most_common(1)[0][1] / counts.total() for counts in by_user.values()]
    assert np.median(shares) > 0.4


def test_groups_share_a_taste() -> None:
    sessions = simulated(Archetype(name="anyone", share=1), users=60, number=2, weight=1.5, composers=3)
    by_group = {name: np.zeros(12) for name in ("group 1", "group 2")}
    for session in sessions:
        for event in session.events:
            if event.kind is PLAY:
                by_group[session.listener.group][event.track % 12] += 1
    one, other = (counts / counts.sum() for counts in by_group.values())
    # Each prefers three composers of twelve: a quarter of the plays by chance.
    assert np.sort(one)[-3:].sum() > 0.5
    assert np.abs(one - other).sum() > 0.4


def test_what_is_played_is_played_more() -> None:
    follow = Counter(played(simulated(Archetype(name="all", share=1, popularity=2.0), users=60)))
    ignore = Counter(played(simulated(Archetype(name="own", share=1, popularity=0.0), users=60)))

    def top_share(counts: Counter[int]) -> float:
        return sum(count for _, count in counts.most_common(12)) / counts.total()

    assert top_share(follow) > top_share(ignore) + 0.1


def test_explorers_know_more_and_repeaters_less() -> None:
    def known(kind: Archetype) -> float:
        tracks: dict[object, list[int]] = {}
        for session in simulated(kind):
            tracks.setdefault(session.listener.id, []).extend(e.track for e in session.events if e.kind is PLAY)
        return float(np.mean([len(set(rows)) / len(rows) for rows in tracks.values()]))

    assert known(Archetype(name="explorer", share=1, explore=0.9)) > 0.8
    assert known(Archetype(name="repeater", share=1, repeat=0.9)) < 0.4


def test_taste_drifts_and_keeps_its_size() -> None:
    archetypes = Archetypes(archetype=(Archetype(name="moving", share=1, drift=0.3),))
    [listener] = Simulation(repertoire(), archetypes, 1, 7, 60, UNTIL).listeners()
    before = listener.own.copy()
    for _ in range(60):
        listener.drift()
    # After n steps the correlation is (1 − 0.3²)^(n/2) = 0.059.
    assert abs(np.corrcoef(before, listener.own)[0, 1]) < 0.3
    assert listener.own.std() == pytest.approx(1.0, abs=0.25)


def test_what_nobody_measured_says_nothing() -> None:
    assert deviations(np.array([np.nan, np.nan])).tolist() == [0.0, 0.0]
    assert deviations(np.array([5.0, 5.0, np.nan])).tolist() == [0.0, 0.0, 0.0]
    # Of 0, 0 and 3: mean 1, deviation √2, so (0 − 1) / √2 and (3 − 1) / √2; far away is cut at 2.5.
    assert deviations(np.array([0.0, 0.0, 3.0])) == pytest.approx([-0.7071, -0.7071, 1.4142], abs=1e-4)
    assert deviations(np.array([0.0] * 99 + [1.0])).max() == 2.5
    assert DISLIKED_BELOW < 0 < LIKED_FROM


def test_popularity_grows_with_plays() -> None:
    popularity = Popularity(np.zeros(4))
    assert popularity.deviations.tolist() == [0.0] * 4
    popularity.plays[2] = 9
    # log(10), 0, 0, 0: one is √3 deviations above the mean, the others 1/√3 below.
    assert popularity.deviations == pytest.approx([-0.5774, -0.5774, 1.7321, -0.5774], abs=1e-4)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("archetype = 3", "archetype: input should be a valid tuple"),
        ("[[archetype]]\nname = 'a'\nshare = 1\ntempi = 2", "archetype.0.tempi: extra inputs are not permitted"),
        ("[[archetype]]\nname = 'a'\nshare = 1\nhours = [9, 9]", "the second hour comes after the first"),
        ("[[", "it is no TOML"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_with_its_place(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "listeners.toml"
    path.write_text(text)
    with pytest.raises(ArchetypesUnusable) as refusal:
        read_archetypes(path)
    assert reason in str(refusal.value)
    assert str(path) in str(refusal.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArchetypesUnusable, match="no such file or directory"):
        read_archetypes(tmp_path / "none.toml")
