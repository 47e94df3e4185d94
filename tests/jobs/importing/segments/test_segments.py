"""Segments of others: read from every spelling, matched, checked, and replaced as their creator tells them anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, text

from domain.errors.catalogues import SegmentsUnreadable
from domain.ids import encode
from domain.spaces import DEFAULT_SPACE, backend_facts
from jobs.importing.segments.importing import import_segments
from jobs.importing.segments.report import Kind, SegmentReport
from sql.spaces.embeddings import save_track_embedding
from sql.spaces.patches import PatchVectors
from sql.spaces.revisions import open_revision
from tests.sql.tracks import add_track

FACTS = backend_facts(DEFAULT_SPACE)


@pytest.fixture
def tracks(engine: Engine) -> dict[str, int]:
    """Tracks of 8 s: "Air" and "Gigue" in one folder, a "Duet" in two files, and a track without a file that a
    catalogue calls "ipal-3"."""
    with engine.begin() as connection:
        made = {
            "Air": add_track(connection, "Air", "/music/Suite/01 Air.flac"),
            "Gigue": add_track(connection, "Gigue", "/music/Suite/02 Gigue.flac"),
            "Duet": add_track(connection, "Duet", "/music/A/Duet.wav", "/music/B/Duet.wav"),
            "Solo": add_track(connection, "Solo", "s3://archive/audio/Solo.m4a"),
            "Other": add_track(connection, "Other Solo", "/music/Other/Solo.m4a"),
            "Kept": add_track(connection, "Kept"),
        }
        connection.execute(text("INSERT INTO catalogue_files (path, findings) VALUES ('/c.json', '[]')"))
        connection.execute(
            text(
                "INSERT INTO catalogue_lines (catalogue_id, line, digest, original, said, external_id, track_id) "
                "SELECT id, 1, 'd', '{}', '{}', 'ipal-3', :track FROM catalogue_files"
            ),
            {"track": made["Kept"]},
        )
    return made


@pytest.fixture
def run(engine: Engine, tmp_path: Path) -> Callable[..., SegmentReport]:
    def run(lines: list[dict[str, Any]] | str, **options: Any) -> SegmentReport:
        file = tmp_path / "segments"
        file.write_text(lines if isinstance(lines, str) else json.dumps(lines))
        return import_segments(engine, file, **options)

    return run


def stored(engine: Engine) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        found = connection.execute(
            text(
                "SELECT t.title, s.source, s.start_seconds, s.end_seconds, s.label, s.id "
                "FROM segments s JOIN tracks t ON t.id = s.track_id "
                "ORDER BY t.id, s.start_seconds, s.end_seconds, s.source"
            )
        )
        return [tuple(row) for row in found]


def done(report: SegmentReport) -> tuple[int, int, int, int]:
    return report.new, report.relabelled, report.unchanged, report.removed


def line(track: str, start: float, end: float, label: str | None = None, creator: str = "marker") -> dict[str, Any]:
    return {"track": track, "startMs": start, "endMs": end, "label": label, "creator": creator}


def test_a_track_is_named_by_its_id_its_catalogue_or_its_file(
    engine: Engine, tracks: dict[str, int], run: Callable[..., SegmentReport]
) -> None:
    report = run(
        [
            {
                "trackId": encode("Track", tracks["Air"]),
                "startMs": 0,
                "endMs": 1500,
                "label": " Theme ",
                "creator": "m",
            },
            {"track_id": "ipal-3", "start_ms": "250.4", "end_ms": 7_999, "creator": "m"},
            {"audio_s3_key": "audio/Solo.m4a", "startMs": 0, "endMs": 1, "creator": "m"},
            {"file": "Suite\\02 Gigue.flac", "startMs": 1000, "endMs": 8400, "creator": "m"},
            {"Track": "duet.wav", "Start ms": 1, "End ms": 2, "Creator": "m"},
        ]
    )
    assert (done(report), report.findings, report.creators, report.waiting) == ((5, 0, 0, 0), [], ["m"], 5)
    assert [row[:5] for row in stored(engine)] == [
        ("Air", "m", 0.0, 1.5, "Theme"),
        ("Gigue", "m", 1.0, 8.0, None),  # it said 8.4 s of 8
        ("Duet", "m", 0.001, 0.002, None),
        ("Solo", "m", 0.0, 0.001, None),
        ("Kept", "m", 0.25, 7.999, None),
    ]


def test_csv_is_read_as_well(engine: Engine, tracks: dict[str, int], run: Callable[..., SegmentReport]) -> None:
    report = run(
        "track;start_ms;end_ms;label\n01 Air.flac;0;1000;Solo, cello\n\n01 Air.flac;1000;2000;\n", creator="me"
    )
    assert done(report) == (2, 0, 0, 0)
    assert [row[1:5] for row in stored(engine)] == [("me", 0.0, 1.0, "Solo, cello"), ("me", 1.0, 2.0, None)]


def test_what_cannot_be_stored_is_reported_by_line(
    engine: Engine, tracks: dict[str, int], run: Callable[..., SegmentReport]
) -> None:
    air = "01 Air.flac"
    report = run(
        [
            line("Nobody knows.flac", 0, 1000),
            line("Solo.m4a", 0, 1000),
            line(air, -1, 1000),
            line(air, 1000, 1000),
            line(air, 2000, 1000),
            line(air, 0, 9000),
            line(air, 8000, 8400),
            line(air, 0, 1000, "first"),
            line("Suite/01 Air.flac", 0, 1000, "again"),
            {"track": air, "startMs": "soon", "endMs": 2, "creator": "m"},
            {"track": air, "startMs": 0, "creator": "m"},
            {"track": air, "startMs": float("nan"), "endMs": 2, "creator": "m"},
            {"startMs": 0, "endMs": 2, "creator": "m"},
            {"track": air, "startMs": 0, "endMs": 2},
            line(air, 0, 500, creator="Segue"),
        ]
    )
    assert done(report) == (1, 0, 0, 0)
    assert [(finding.kind, finding.text) for finding in report.findings] == [
        (Kind.UNMATCHED, "1: Nobody knows.flac"),
        (Kind.AMBIGUOUS, "2: Solo.m4a is 'Solo', 'Other Solo'"),
        (Kind.RANGE, "3: it begins at -0.001 s, before the beginning ('Air')"),
        (Kind.RANGE, "4: it begins at 1 s and ends at 1 s ('Air')"),
        (Kind.RANGE, "5: it begins at 2 s and ends at 1 s ('Air')"),
        (Kind.RANGE, "6: it ends at 9 s, and the track after 0:00:08 ('Air')"),
        (Kind.RANGE, "7: it ends at 8.4 s, and the track after 0:00:08 ('Air')"),
        (Kind.DUPLICATE, "9: as 8 ('Air')"),
        (Kind.BROKEN, "10: startMs is 'soon', not a number of milliseconds"),
        (Kind.BROKEN, "11: endMs is missing, not a number of milliseconds"),
        (Kind.BROKEN, "12: startMs is 'NaN', not a number of milliseconds"),
        (Kind.BROKEN, "13: it names no track"),
        (Kind.BROKEN, "14: it names no creator; say whose they are with --creator"),
        (Kind.BROKEN, "15: its creator is 'Segue', which is what our own segments are by"),
    ]
    assert [row[1:5] for row in stored(engine)] == [("marker", 0.0, 1.0, "first")]


def test_again_nothing_changes_and_what_changed_replaces_only_that_creators(
    engine: Engine, tracks: dict[str, int], run: Callable[..., SegmentReport]
) -> None:
    first = [line("01 Air.flac", 0, 1000, "a"), line("01 Air.flac", 1000, 2000, "b"), line("02 Gigue.flac", 0, 500)]
    others = [line("01 Air.flac", 0, 1000, "theirs", creator="other")]
    assert done(run(first + others)) == (4, 0, 0, 0)
    before = stored(engine)
    assert done(run(first + others)) == (0, 0, 4, 0)
    assert stored(engine) == before
    changed = [line("01 Air.flac", 0, 1000, "A"), line("01 Air.flac", 1000, 2000, "b"), line("01 Air.flac", 2000, 3000)]
    rehearsed = run(changed, dry_run=True)
    assert (done(rehearsed), stored(engine)) == ((1, 1, 1, 1), before)
    assert done(run(changed)) == (1, 1, 1, 1)
    ids = {row[1:5]: row[5] for row in before}
    assert [row[1:5] for row in stored(engine)] == [
        ("marker", 0.0, 1.0, "A"),
        ("other", 0.0, 1.0, "theirs"),
        ("marker", 1.0, 2.0, "b"),
        ("marker", 2.0, 3.0, None),
    ]
    # What was there before keeps its id, so that whoever holds one finds it again.
    kept = {row[5] for row in stored(engine)}
    assert kept >= {ids["marker", 0.0, 1.0, "a"], ids["marker", 1.0, 2.0, "b"], ids["other", 0.0, 1.0, "theirs"]}


def test_they_sound_like_the_patches_that_they_cover(
    engine: Engine, tracks: dict[str, int], run: Callable[..., SegmentReport]
) -> None:
    with engine.begin() as connection:
        revision_id = open_revision(connection, FACTS).revision_id
        vectors = np.zeros((2, FACTS.dimension), np.float16)
        vectors[0, 0], vectors[1, 1] = 1, 2
        unit = np.eye(1, FACTS.dimension, dtype=np.float32)[0]
        save_track_embedding(
            connection, revision_id, tracks["Air"], vector=unit, segments=(), patches=PatchVectors(vectors, 4.0, 4.0)
        )
    # From 2 to 6 s: 2 s of (1, 0) and 2 s of (0, 2): (2, 4) / √20.
    assert run([line("01 Air.flac", 2_000, 6_000), line("02 Gigue.flac", 0, 1_000)]).waiting == 1
    with engine.connect() as connection:
        found = connection.execute(text("SELECT embedding::text, track_id FROM segment_embeddings")).all()
    [(embedding, track_id)] = found
    assert track_id == tracks["Air"]
    assert json.loads(embedding)[:3] == pytest.approx([2 / 20**0.5, 4 / 20**0.5, 0], abs=1e-6)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("[{", "line 1, column"),
        ('{"a": 1}', "a list of entries should begin here"),
        ("a,a\n1,2", "two columns are called 'a'"),
    ],
)
def test_a_file_that_is_no_list_of_segments_is_refused(
    engine: Engine, run: Callable[..., SegmentReport], content: str, reason: str
) -> None:
    with pytest.raises(SegmentsUnreadable, match=reason):
        run(content)


def test_a_file_that_is_not_there_is_named(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(SegmentsUnreadable, match=r"nowhere\.json' cannot be read: No such file"):
        import_segments(engine, tmp_path / "nowhere.json")
