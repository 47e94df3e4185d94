"""A small catalogue to be searched."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import Any

import psycopg

from domain.names import person_sort_key, title_sort_key

_numbers = count(1)


@dataclass
class Catalogue:
    """Writes rows the way any program might, and remembers their keys by title or name."""

    connection: psycopg.Connection
    keys: dict[str, int] = field(default_factory=dict)

    def composer(self, name: str) -> int:
        return self._once("composers", name, name=name, sort_key=person_sort_key(name))

    def performer(self, name: str) -> int:
        return self._once("performers", name, name=name)

    def album(self, title: str, artist: str | None = None) -> int:
        return self._once("albums", title, folder="/", title=title, sort_key=title_sort_key(title), artist=artist)

    def work(self, title: str, composer: str, catalogue_number: str | None = None) -> int:
        values = {"key": title, "title": title, "catalogue_number": catalogue_number}
        return self._once("works", title, composer_id=self.composer(composer), **values)

    def track(
        self,
        title: str,
        *composers: str,
        album: str | None = None,
        performers: tuple[str, ...] = (),
        work: int | None = None,
    ) -> int:
        """`composers`: the first is the track's own, all of them are credited."""
        key = self._insert(
            "tracks",
            content_hash=f"searched-{next(_numbers)}",
            title=title,
            sort_key=title_sort_key(title)[:500],
            composer_id=self.composer(composers[0]) if composers else None,
            album_id=self.album(album) if album else None,
            work_id=work,
            duration_seconds=60.0,
            codec="pcm",
            sample_rate=44_100,
            channels=2,
            truncated=False,
            silent=False,
        )
        for position, name in enumerate(composers):
            self.connection.execute(
                "INSERT INTO track_composers (track_id, composer_id, position) VALUES (%s, %s, %s)",
                [key, self.composer(name), position],
            )
        for position, name in enumerate(performers):
            self.connection.execute(
                "INSERT INTO track_performers (track_id, performer_id, role, position) VALUES (%s, %s, '', %s)",
                [key, self.performer(name), position],
            )
        self.keys[title] = key
        return key

    def _once(self, table: str, known_as: str, /, **values: Any) -> int:
        if known_as not in self.keys:
            self.keys[known_as] = self._insert(table, **values)
        return self.keys[known_as]

    def _insert(self, table: str, **values: Any) -> int:
        places = ", ".join(f"%({name})s" for name in values)
        row = self.connection.execute(
            f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places}) RETURNING id", values
        ).fetchone()
        assert row
        return int(row[0])


def fill(connection: psycopg.Connection) -> Catalogue:
    made = Catalogue(connection)
    sonata = made.work("Violin Sonata No. 5 'Spring'", "Ludwig van Beethoven", "Op. 24")
    made.track("Spring: I. Allegro", "Ludwig van Beethoven", album="Encores", performers=("Ana Lima",), work=sonata)
    made.track("Für Elise", "Ludwig van Beethoven", album="Encores", performers=("Ana Lima",))
    made.track("Sonata in D", "Clara Schumann", album="Beethoven and Friends", performers=("Quatuor Ébène",))
    made.track("Humoresque No. 7", "Antonín Dvořák", album="Encores", performers=("Bach Consort",))
    made.track("Partita No. 2, BWV 1004: Chaconne", "Johann Sebastian Bach", album="Solo")
    made.track("Air", "Johann Sebastian Bach", album="Solo", performers=("Ana Lima",))
    made.track("Bachianas brasileiras No. 5", "Heitor Villa-Lobos", album="Solo")
    made.track("Back Home", album="Solo")
    made.track("Ave Maria", "Charles Gounod", "Johann Sebastian Bach", album="Encores")
    made.track("Straßenlied & Ærø | 'Łódź'", album="Songs: A–Z")
    made.track("ערב טוב")
    return made
