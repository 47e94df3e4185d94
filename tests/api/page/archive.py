"""An archive to be visited: four albums of six tracks with sound, written straight into a database.

Each album is of one composer, and what is of one composer sounds alike: its tracks' vectors lie around a direction of
their own, so that what is near a track is of its composer. One title tries to do harm.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psycopg
from sqlalchemy import Connection, text

from domain.names import person_sort_key, title_sort_key
from domain.spaces import DEFAULT_SPACE, backend_facts
from ml.backends.protocol import halves
from ml.projection import PCA, on_a_plane
from sql.catalogue.waveform_rows import save_waveform
from sql.engine import make_engine
from sql.spaces.embeddings import SegmentVector, save_track_embedding
from sql.spaces.map_rows import Drawn, save_map
from sql.spaces.patches import PatchVectors
from sql.spaces.revisions import open_revision
from tests.ml.recordings import write

FACTS = backend_facts(DEFAULT_SPACE)
SECONDS = 9.0
RATE = 16_000
HOSTILE = "<img src=x onerror=\"document.body.dataset.harmed='yes'\">"
ALBUMS = {
    "Lieder ohne Worte": ("Fanny Hensel", "piano", "1836"),
    "Slavonic Dances": ("Antonín Dvořák", "strings", "26-Jul-08"),
    "Partitas": ("Johann Sebastian Bach", "harpsichord", "1997 to 2006"),
    "Sea Pictures": ("Edward Elgar", "singing", None),
}
TRACKS_ON_ALBUM = 6
# Tracks whose recordings are gone: they only fill the list of all.
MORE_TRACKS = 1_500

INSERT_MORE = """
    INSERT INTO tracks
        (content_hash, title, sort_key, duration_seconds, codec, sample_rate, channels, truncated, silent,
         missing)
    SELECT 'more ' || n, 'Zz study ' || n, 'zz study ' || lpad(n::text, 5, '0'), 60, 'pcm', 16000, 1, false, false, true
    FROM generate_series(1, %s) n
"""


@dataclass
class Visited:
    """Keys by title; `first` is the first track of the first album."""

    url: str
    tracks: dict[str, int] = field(default_factory=dict)
    albums: dict[str, int] = field(default_factory=dict)
    composer_of: dict[str, str] = field(default_factory=dict)

    @property
    def first(self) -> str:
        return next(iter(self.tracks))


def fill(url: str, folder: Path) -> Visited:
    """Write it into an empty, migrated database, with recordings of SECONDS in `folder`."""
    visited, random = Visited(url), np.random.default_rng(5)
    engine = make_engine(url)
    with engine.begin() as connection:
        revision_id = open_revision(connection, FACTS).revision_id
        vectors = []
        for number, (album, (composer, tag, date)) in enumerate(ALBUMS.items()):
            album_id = _album(connection, album, composer, date)
            composer_id = _composer(connection, composer)
            visited.albums[album] = album_id
            for position in range(1, TRACKS_ON_ALBUM + 1):
                is_hostile = (number, position) == (2, 3)
                title = HOSTILE if is_hostile else f"{album.split()[0]} no. {position}"
                signal = _signal(110.0 * (number + 2), position)
                path = write(folder / f"{number}-{position}.wav", signal[np.newaxis], RATE, layout="mono")
                track_id = _track(connection, title, album_id, composer_id, position, path)
                visited.tracks[title], visited.composer_of[title] = track_id, composer
                vector = _near(number, random)
                vectors.append(vector)
                patches = PatchVectors(halves(np.stack([_near(number, random) for _ in range(3)])), 2.992, 2.992)
                save_track_embedding(
                    connection,
                    revision_id,
                    track_id,
                    vector=vector,
                    segments=[SegmentVector(0.0, SECONDS, vector)],
                    vocabulary=FACTS.tags,
                    tag_scores=np.array([0.8 if name == tag else 0.01 for name in FACTS.tags], np.float32),
                    patches=patches,
                )
                save_waveform(connection, track_id, _peaks(signal))
        ids = np.array(list(visited.tracks.values()), np.int64)
        save_map(connection, revision_id, Drawn(PCA, ids, on_a_plane(np.stack(vectors), PCA)))
    engine.dispose()
    with psycopg.connect(url, autocommit=True) as more:
        more.execute(INSERT_MORE, [MORE_TRACKS])
        more.execute("ANALYZE")
    return visited


def _near(number: int, random: np.random.Generator) -> np.ndarray:
    """A unit vector around the direction of an album; directions have a cosine of 0 to each other."""
    vector = random.normal(0, 0.03, FACTS.dimension)
    vector[number] += 1
    found: np.ndarray = (vector / np.linalg.norm(vector)).astype(np.float32)
    return found


def _signal(pitch: float, position: int) -> np.ndarray:
    """A tone that swells `position` times."""
    times = np.arange(round(SECONDS * RATE)) / RATE
    swell = 0.1 + 0.8 * np.sin(np.pi * position * times / SECONDS) ** 2
    found: np.ndarray = (swell * np.sin(2 * np.pi * pitch * times)).astype(np.float32)
    return found


def _peaks(signal: np.ndarray) -> np.ndarray:
    starts = np.arange(4_000) * len(signal) // 4_000
    found: np.ndarray = (np.maximum.reduceat(np.abs(signal), starts) * 65_535).astype(np.uint16)
    return found


def _album(connection: Connection, title: str, artist: str, date: str | None) -> int:
    statement = text(
        "INSERT INTO albums (folder, title, sort_key, artist, date_text) VALUES (:folder, :title, :key, :artist, :date)"
        " RETURNING id"
    )
    values = {"folder": f"/{title}", "title": title, "key": title_sort_key(title), "artist": artist, "date": date}
    return int(connection.execute(statement, values).scalar_one())


def _composer(connection: Connection, name: str) -> int:
    statement = text("INSERT INTO composers (name, sort_key) VALUES (:name, :key) RETURNING id")
    return int(connection.execute(statement, {"name": name, "key": person_sort_key(name)}).scalar_one())


def _track(connection: Connection, title: str, album_id: int, composer_id: int, position: int, path: Path) -> int:
    statement = text(
        "INSERT INTO tracks (content_hash, album_id, composer_id, title, sort_key, position, duration_seconds, codec,"
        " sample_rate, channels, truncated, silent)"
        " VALUES (:path, :album, :composer, :title, :key, :position, :seconds, 'pcm', 16000, 1, false, false)"
        " RETURNING id"
    )
    values = {"path": str(path), "album": album_id, "composer": composer_id, "title": title, "position": position}
    values |= {"key": title_sort_key(title), "seconds": SECONDS}
    track_id = int(connection.execute(statement, values).scalar_one())
    file = text(
        "INSERT INTO track_files (track_id, path, size, modified_ns, file_hash) VALUES (:track, :path, :size, 0, '0')"
    )
    connection.execute(file, {"track": track_id, "path": str(path), "size": path.stat().st_size})
    both = text("INSERT INTO track_composers (track_id, composer_id, position) VALUES (:track, :composer, 0)")
    connection.execute(both, {"track": track_id, "composer": composer_id})
    return track_id
