"""Which tracks a selection means."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from sqlalchemy import Engine, text

from domain.errors.asking import UnknownName
from domain.selections import Selection
from domain.spaces import BACKENDS
from sql.spaces.embeddings import save_failure, save_track_embedding
from sql.spaces.revisions import open_revision
from sql.spaces.selected_tracks import missing_tracks, selected_tracks
from tests.sql.tracks import add_track

FACTS = dataclasses.replace(BACKENDS["musicnn-mtt"], dimension=2)
DESCRIBE = text("""
    UPDATE tracks SET composer_id = (SELECT id FROM composers WHERE name = :composer),
                      album_id = (SELECT max(id) FROM albums WHERE folder = :folder)
    WHERE id = :id
""")


@pytest.fixture
def revision_id(engine: Engine) -> int:
    with engine.begin() as connection:
        return open_revision(connection, FACTS).revision_id


@pytest.fixture
def ids(engine: Engine, revision_id: int) -> dict[str, int]:
    """Tracks by title. All are embedded but "Broken", which failed, and "New"; "Silence" cannot be."""
    with engine.begin() as connection:
        for name in ("Antonín Dvořák", "Johann Sebastian Bach", "Carl Philipp Emanuel Bach"):
            connection.execute(text("INSERT INTO composers (name, sort_key) VALUES (:name, :name)"), {"name": name})
        for folder in ("/a", "/b"):
            connection.execute(
                text("INSERT INTO albums (folder, title, sort_key) VALUES (:folder, 'Live, Vol. 1', 'live')"),
                {"folder": folder},
            )
        found = {}
        for title, composer, folder, silent in (
            ("Humoresque", "Antonín Dvořák", "/a", False),
            ("Prelude", "Johann Sebastian Bach", "/b", False),
            ("Silence", "Johann Sebastian Bach", "/b", True),
            ("Broken", "Johann Sebastian Bach", None, False),
            ("New", None, None, False),
        ):
            id_ = add_track(connection, title, f"/music/{title}.flac", silent=silent)
            connection.execute(DESCRIBE, {"id": id_, "composer": composer, "folder": folder})
            found[title] = id_
        for title in ("Humoresque", "Prelude"):
            save_track_embedding(
                connection, revision_id, found[title], vector=np.array((1, 0), np.float32), segments=()
            )
        save_failure(connection, revision_id, found["Broken"], "not audio")
        connection.execute(
            text(
                "INSERT INTO composer_aliases (composer_id, alias, key, decided)"
                " SELECT id, 'J. S. Bach', 'j s bach', false FROM composers WHERE name = 'Johann Sebastian Bach'"
            )
        )
        # A second composer of a track that is the first one's.
        connection.execute(
            text(
                "INSERT INTO track_composers (track_id, composer_id, position)"
                " SELECT :track, id, 1 FROM composers WHERE name = 'Carl Philipp Emanuel Bach'"
            ),
            {"track": found["Prelude"]},
        )
    return found


@pytest.mark.parametrize(
    ("where", "titles"),
    [
        ("composer=Antonín Dvořák", ["Humoresque"]),
        ("composer=antonin dvorak", ["Humoresque"]),
        ("composer=Johann Sebastian Bach", ["Prelude", "Broken"]),  # what is silent is not embeddable
        ("composer=j.s. bach", ["Prelude", "Broken"]),  # as the files say it
        ("composer=Carl Philipp Emanuel Bach", ["Prelude"]),  # the second of two
        ("album=live vol 1", ["Humoresque", "Prelude"]),  # both albums of this title
        ("failed", ["Broken"]),
        ("stale", []),
    ],
)
def test_what_is_meant(engine: Engine, revision_id: int, ids: dict[str, int], where: str, titles: list[str]) -> None:
    with engine.connect() as connection:
        assert selected_tracks(connection, Selection.parse(where), revision_id) == [ids[title] for title in titles]


def test_stale_is_what_was_embedded_before_a_file_came_or_changed(
    engine: Engine, revision_id: int, ids: dict[str, int]
) -> None:
    later = text("UPDATE track_files SET seen_at = now() + interval '1 s' WHERE track_id = :id")
    copy = text("""
        INSERT INTO track_files (track_id, path, size, modified_ns, file_hash, seen_at)
        VALUES (:id, '/copy.flac', 1, 1, 'hash', now() + interval '1 s')
    """)
    with engine.begin() as connection:
        connection.execute(later, {"id": ids["Prelude"]})
        connection.execute(later, {"id": ids["Broken"]})  # never embedded
        connection.execute(copy, {"id": ids["Humoresque"]})
        stale = Selection.parse("stale")
        assert selected_tracks(connection, stale, revision_id) == [ids["Humoresque"], ids["Prelude"]]
        assert selected_tracks(connection, stale, revision_id + 1) == []


@pytest.mark.parametrize(
    ("where", "message"),
    [
        (
            "composer=Bach",
            "There is no composer 'Bach'. Did you mean 'J. S. Bach', 'Johann Sebastian Bach',"
            " 'Carl Philipp Emanuel Bach'?",
        ),
        ("composer=Antonin Dvorjak", "There is no composer 'Antonin Dvorjak'. Did you mean 'Antonín Dvořák'?"),
        ("composer=Ligeti", "There is no composer 'Ligeti'. Nothing is called like it."),
        ("album=Live", "There is no album 'Live'. Did you mean 'Live, Vol. 1'?"),
    ],
)
def test_an_unknown_name_is_told_with_those_like_it(
    engine: Engine, revision_id: int, ids: dict[str, int], where: str, message: str
) -> None:
    with engine.connect() as connection, pytest.raises(UnknownName) as refused:
        selected_tracks(connection, Selection.parse(where), revision_id)
    assert str(refused.value) == message


def test_what_is_missing(engine: Engine, revision_id: int, ids: dict[str, int]) -> None:
    with engine.connect() as connection:
        assert missing_tracks(connection, revision_id) == [ids["Broken"], ids["New"]]
        assert missing_tracks(connection, None) == [id_ for title, id_ in ids.items() if title != "Silence"]
