"""Each track is embedded once, as the backend hears it."""

from __future__ import annotations

import logging
import shutil

import numpy as np
import pytest
from sqlalchemy import Engine, text

from jobs.hearing.decoding import hear
from ml.waveform import Outline
from sql.spaces.patches import load_patches
from tests.jobs.conftest import Recordings
from tests.jobs.embed.lanes import SPACE, embedded, failures, items, job_row, messages, musicnn, run
from tests.sql.tracks import add_track


def test_every_track_is_embedded_as_the_backend_hears_it(
    engine: Engine, recordings: Recordings, make_lanes, request_job, caplog: pytest.LogCaptureFixture
) -> None:
    job = request_job()
    assert (job.total, messages(engine)) == (4, 1)
    with caplog.at_level(logging.INFO, "jobs.embed"):
        # A turn for each track, and one that finds nothing and ends the job.
        assert run(make_lanes(), engine, job.id) == 5
    assert job_row(engine, job.id) == ("SUCCEEDED", 4, 4, 0, None)
    assert items(engine) == [(title, "DONE", 1, None) for title in recordings.ids]
    stored = embedded(engine)
    assert set(stored) == set(recordings.ids)
    with engine.connect() as connection:
        for title, path in recordings.paths.items():
            outline = Outline()
            heard = hear(musicnn(SPACE), path, outline=outline)
            np.testing.assert_array_equal(stored[title], heard.vector)
            patches = load_patches(connection, 1, recordings.ids[title])
            assert patches is not None
            np.testing.assert_array_equal(patches.vectors, heard.patches)
            # All of it as one range is the track itself, but for what half precision rounds off.
            np.testing.assert_allclose(patches.parts.mean(0, heard.heard_seconds), heard.vector, atol=2e-4)
            peaks = connection.scalar(
                text("SELECT peaks FROM waveforms WHERE track_id = :id"), {"id": recordings.ids[title]}
            )
            assert peaks == outline.finish().astype("<u2").tobytes()
            ends = connection.execute(
                text("SELECT start_seconds, end_seconds FROM segments WHERE track_id = :id ORDER BY 1"),
                {"id": recordings.ids[title]},
            )
            assert [tuple(row) for row in ends] == [
                (round(s.start_seconds, 3), round(s.end_seconds, 3)) for s in heard.segments
            ]
        assert connection.scalar(text("SELECT state FROM space_revisions")) == "READY"
        assert connection.scalar(text("SELECT count(*) FROM track_tags WHERE cardinality(scores) = 50")) == 4
    [first, *_] = [record for record in caplog.records if record.message.startswith("Embedded '")]
    assert first.__dict__["job_id"] == str(job.id)
    assert first.__dict__["track_id"] == recordings.ids["Chord"]
    assert first.__dict__["audio_seconds"] == 8.0


def test_any_file_of_a_track_will_do(engine: Engine, recordings: Recordings, make_lanes, request_job) -> None:
    copy = shutil.copy(recordings.paths["Chord"], recordings.paths["Chord"].with_name("Copy.flac"))
    with engine.begin() as connection:
        add_track(connection, "Copy", "/nowhere/copy.flac", copy, "/nowhere/else.flac")
    run(make_lanes(), engine, request_job().id)
    stored = embedded(engine)
    np.testing.assert_array_equal(stored["Copy"], stored["Chord"])


def test_a_failed_track_is_tried_again_when_asked(
    engine: Engine, recordings: Recordings, make_lanes, request_job
) -> None:
    away = recordings.paths["Noise"].rename(recordings.paths["Noise"].with_suffix(".away"))
    run(make_lanes(), engine, request_job().id)
    assert [title for title, _ in failures(engine)] == ["Noise"]
    away.rename(recordings.paths["Noise"])
    assert request_job(retry_failed=False).total == 0
    again = request_job()
    run(make_lanes(), engine, again.id)
    assert job_row(engine, again.id) == ("SUCCEEDED", 1, 1, 0, None)
    assert failures(engine) == []
    assert set(embedded(engine)) == set(recordings.ids)


def test_a_revision_of_other_weights_is_not_filled(
    engine: Engine, recordings: Recordings, make_lanes, request_job
) -> None:
    job = request_job()
    with engine.begin() as connection:
        connection.execute(text("UPDATE space_revisions SET revision = 'musicnn-0'"))
    assert run(make_lanes(), engine, job.id) == 1
    assert job_row(engine, job.id)[0] == "FAILED"
    assert "was made by musicnn-0" in str(job_row(engine, job.id)[4])


def test_the_index_of_a_large_revision_is_asked_for_when_the_job_ends(
    engine: Engine, recordings: Recordings, make_lanes, request_job
) -> None:
    job = request_job()
    run(make_lanes(index_threshold=4), engine, job.id)
    assert job_row(engine, job.id)[0] == "SUCCEEDED"
    with engine.connect() as connection:
        asked = connection.execute(text("SELECT status, arguments FROM jobs WHERE kind = 'index'")).one()
        revision_id = connection.scalar(text("SELECT id FROM space_revisions"))
    assert asked.status == "WAITING"
    assert asked.arguments == {"space": SPACE, "revision_id": revision_id, "threshold": 4}


def test_with_nothing_to_embed_the_job_ends_at_once(engine: Engine, request_job) -> None:
    job = request_job()
    assert (job.total, job.joined) == (0, False)
    assert job_row(engine, job.id) == ("SUCCEEDED", 0, 0, 0, None)
    assert messages(engine) == 0


def test_a_second_request_joins_without_a_second_message(engine: Engine, recordings: Recordings, request_job) -> None:
    first, second = request_job(), request_job()
    assert (second.id, second.joined, second.added, second.total) == (first.id, True, 0, 4)
    assert messages(engine) == 1
