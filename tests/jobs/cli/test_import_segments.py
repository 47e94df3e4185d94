"""`segue import-segments` as a user runs it."""

from __future__ import annotations

from pathlib import Path

import psycopg

from sql.engine import make_engine
from tests.jobs.cli.command import segue
from tests.sql.tracks import add_track

FILE = """track,startMs,endMs,label,creator
Air.flac,0,1500,Theme,marker
Air.flac,1500,1500,,marker
Gigue.flac,0,1000,,marker
"""


def test_it_says_what_it_would_do_and_did(tmp_path: Path, database_url: str) -> None:
    settings = {"data_dir": tmp_path / "data", "database_url": database_url}
    engine = make_engine(database_url)
    with engine.begin() as connection:
        add_track(connection, "Air", "/music/Air.flac")
    engine.dispose()
    file = tmp_path / "segments.csv"
    file.write_text(FILE)
    findings = [
        "  Unmatched: no recording here is called so (1):",
        "    4: Gigue.flac",
        "  No range of their track (1):",
        "    3: it begins at 1.5 s and ends at 1.5 s ('Air')",
    ]
    rehearsed = segue("import-segments", file, "--dry-run", **settings)
    assert (rehearsed.code, rehearsed.err) == (0, [])
    assert rehearsed.out == [
        "A dry run: nothing was written. This is what an import would do now:",
        "1 new segment by marker, 0 with another label, 0 unchanged, 0 removed",
        *findings,
    ]
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM segments").fetchall() == [(0,)]
    ran = segue("import-segments", file, **settings)
    assert (ran.code, ran.err) == (0, [])
    assert ran.out == [
        "1 new segment by marker, 0 with another label, 0 unchanged, 0 removed",
        "1 segment cannot be compared yet. Hear their tracks with: segue embed",
        *findings,
    ]
    missing = segue("import-segments", tmp_path / "nowhere.csv", **settings)
    assert (missing.code, missing.err) == (
        1,
        [f"segue: The segments in '{tmp_path}/nowhere.csv' cannot be read: No such file or directory"],
    )
