"""How fast a search answers, through the database call and over HTTP, in archives of made-up names.

    python -m bench.search [--tracks 5000 100000] [--queries 1000]

For every size an archive is written into a server of its own in a temporary folder: composers and performers with
invented names, and titles as catalogues have them, whose words are as unevenly common as in a language (Zipf). Then
texts are searched for one after the other, tracks of them, ten at most:

* `words`: two words of a track, of its title, composer, performers or album;
* `typing`: everything that is sent while the first two words of a composer and a title are typed, letter by letter;
* `mistyped`: a word of at least five letters with one letter changed, and another word;
* `nothing`: a word that is nowhere;
* `http`: the texts of `words` again, as GraphQL, for tracks, albums and composers at once.

Every text is searched for twice. The times are those of the second time, when what it reads is in PostgreSQL's memory,
as in an archive that is in use; `first_p50_ms` is the median of the first time. No answer is kept. One JSON object
goes to standard output, times in milliseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from bench.query import api
from domain.names import fold, person_sort_key, title_sort_key
from sql.catalogue.search import Search
from sql.database import Database
from sql.embedded import ensure_running, stop
from sql.migrate import migrate

FIRST = 10
FORMS = [
    "Sonata",
    "Concerto",
    "Quartet",
    "Trio",
    "Suite",
    "Fantasia",
    "Prelude",
    "Fugue",
    "Étude",
    "Nocturne",
    "Song",
    "Waltz",
    "Variations",
    "Romance",
]
INSTRUMENTS = [
    "Piano",
    "Violin",
    "Cello",
    "Flute",
    "Viola",
    "Strings",
    "Harpsichord",
    "Organ",
    "Clarinet",
    "Guitar",
    "Horn",
    "Voice",
]
TEMPI = [
    "Allegro",
    "Andante",
    "Adagio",
    "Presto",
    "Largo",
    "Menuetto",
    "Vivace",
    "Allegretto",
    "Scherzo",
    "Rondo",
    "Lento",
    "Finale",
]
KEYS = [
    f"{note}{sharp} {mode}" for note in "CDEFGAB" for sharp in ("", " flat", " sharp") for mode in ("major", "minor")
]
ONSETS = [
    "b",
    "br",
    "c",
    "ch",
    "d",
    "dr",
    "f",
    "fr",
    "g",
    "gr",
    "h",
    "j",
    "k",
    "kl",
    "kr",
    "l",
    "m",
    "n",
    "p",
    "pr",
    "qu",
    "r",
    "s",
    "sch",
    "st",
    "t",
    "tr",
    "v",
    "w",
    "z",
]
VOWELS = ["a", "e", "i", "o", "u", "ö", "ü", "é", "ai", "ei", "ou"]
ENDINGS = ["n", "r", "l", "s", "t", "m", "nd", "rt", "ck", "ng", "x", "tz", "a", "o", "i", "e"]
SEARCH = """query Search($text: String!) { search(text: $text, first: 10) {
  tracks { id title composer { name } } albums { id title } composers { id name } } }"""


class Names:
    """Invented names and words, drawn so that the one of rank n is n times as rare as the first."""

    def __init__(self, seed: int, words: int, people: int) -> None:
        self.random = random.Random(seed)
        self.vocabulary = [self._word() for _ in range(words)]
        self.people = [f"{self._word().title()} {self._word().title()}" for _ in range(people)]

    def _word(self) -> str:
        pick = self.random.choice
        return "".join(pick(ONSETS) + pick(VOWELS) for _ in range(pick((1, 2, 2, 3)))) + pick(ENDINGS)

    def _rank(self, count: int) -> int:
        return min(int(count ** self.random.random()) - 1, count - 1)

    def word(self) -> str:
        return self.vocabulary[self._rank(len(self.vocabulary))]

    def person(self) -> int:
        return self._rank(len(self.people))

    def title(self) -> str:
        pick, number = self.random.choice, self.random.randint
        if self.random.random() < 0.4:
            return " ".join(self.word() for _ in range(number(1, 5))).capitalize()
        work = f"{pick(FORMS)} for {pick(INSTRUMENTS)} No. {number(1, 12)} in {pick(KEYS)}, Op. {number(1, 140)}"
        return f"{work}: {pick(('I', 'II', 'III', 'IV'))}. {pick(TEMPI)} {self.word()}"


def fill(url: str, count: int) -> tuple[list[list[str]], float]:
    """Write `count` tracks into an empty, migrated database. Returns the words of each, and the seconds it took until
    all of them could be searched."""
    names = Names(7, words=count // 4 + 500, people=count // 25 + 10)
    described = []
    with psycopg.connect(url) as connection:
        people = names.people
        composers = _copied(
            connection, "composers (name, sort_key)", ((f"{p} {n}", person_sort_key(p)) for n, p in enumerate(people))
        )
        performers = _copied(connection, "performers (name)", ((f"{p} {n}",) for n, p in enumerate(reversed(people))))
        albums_ = [f"{names.word().title()} {names.word()}" for _ in range(count // 10)]
        albums = _copied(
            connection,
            "albums (folder, title, sort_key)",
            ((f"/{n}", a, title_sort_key(a)) for n, a in enumerate(albums_)),
        )
        titles = [names.title() for _ in range(count)]
        by = [names.person() for _ in range(count)]
        rows = (
            (
                f"{n:064d}",
                albums[n // 10],
                composers[by[n]],
                title,
                title_sort_key(title),
                60.0,
                "aac",
                44_100,
                2,
                False,
                False,
            )
            for n, title in enumerate(titles)
        )
        columns = "content_hash, album_id, composer_id, title, sort_key, duration_seconds, codec, sample_rate, channels"
        tracks = _copied(connection, f"tracks ({columns}, truncated, silent)", rows)
        playing = [names.person() for _ in range(count)]
        with (
            connection.cursor() as cursor,
            cursor.copy("COPY track_performers (track_id, performer_id, role, position) FROM STDIN") as copy,
        ):
            for track, performer in zip(tracks, playing, strict=True):
                copy.write_row((track, performers[performer], "", 0))
        reverse = people[::-1]
        for n, title in enumerate(titles):
            said = f"{title} {people[by[n]]} {reverse[playing[n]]} {albums_[n // 10]}"
            described.append(fold(said).split())
        started = time.perf_counter()
    seconds = time.perf_counter() - started
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return described, seconds


def _copied(connection: psycopg.Connection, target: str, rows: Iterator[tuple[object, ...]]) -> list[int]:
    table = target.split()[0]
    with connection.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    return [row[0] for row in connection.execute(f"SELECT id FROM {table} ORDER BY id")]


def texts(described: list[list[str]], queries: int) -> dict[str, list[str]]:
    """What is searched for, by kind."""
    rng = random.Random(11)
    made: dict[str, list[str]] = {"words": [], "typing": [], "mistyped": [], "nothing": []}
    while len(made["words"]) < queries:
        words = rng.choice(described)
        made["words"].append(" ".join(rng.sample(words, 2)))
        long = [word for word in words if len(word) >= 5]
        if long:
            word, place = rng.choice(long), rng.randrange(1, 4)
            wrong = word[:place] + rng.choice("aeiourstn") + word[place + 1 :]
            made["mistyped"].append(f"{wrong} {rng.choice(words)}")
        made["nothing"].append("".join(rng.choices("bcdfghjklmnpqrstvwxz", k=7)))
        typed = f"{words[-1]} {words[0]}"
        if len(made["typing"]) < queries:
            made["typing"] += [typed[:end] for end in range(1, len(typed) + 1)]
    return made


async def database_times(url: str, asked: list[str]) -> dict[str, float]:
    # As many connections as a function of Lambda has; servers have more.
    database = Database(url, size=2, statement_timeout_seconds=60)
    search = Search(database)
    for text in asked[:20]:
        await search.ask(text).tracks(FIRST)
    rounds: list[list[float]] = []
    for _ in range(2):
        times = []
        for text in asked:
            started = time.perf_counter()
            await search.ask(text).tracks(FIRST)
            times.append((time.perf_counter() - started) * 1e3)
        rounds.append(times)
    await database.close()
    return summary(rounds[1]) | {"first_p50_ms": round(statistics.median(rounds[0]), 2)}


async def http_times(port: int, asked: list[str]) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    times = []
    for text in asked:
        body = json.dumps({"query": SEARCH, "variables": {"text": text}}).encode()
        head = (
            "POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        started = time.perf_counter()
        writer.write(head.encode() + body)
        answer_head = await reader.readuntil(b"\r\n\r\n")
        answer = await reader.readexactly(int(answer_head.lower().split(b"content-length:")[1].split(b"\r\n")[0]))
        times.append((time.perf_counter() - started) * 1e3)
        if b'"tracks":[{' not in answer.replace(b" ", b""):
            raise RuntimeError(f"not an answer: {answer[:300]!r}")
    writer.close()
    return times[20:]


def summary(times: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times, n=100)
    return {"p50_ms": round(cuts[49], 2), "p95_ms": round(cuts[94], 2), "p99_ms": round(cuts[98], 2)}


def measure(server_url: str, count: int, queries: int, folder: Path) -> dict[str, object]:
    name = f"bench_{count}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    migrate(url)
    say(f"writing {count:,} tracks …")
    described, seconds = fill(url, count)
    asked = texts(described[:2_000], queries)
    result: dict[str, object] = {"tracks": count, "made_searchable_seconds": round(seconds, 1)}
    for kind, list_ in asked.items():
        say(f"{count:,} tracks: {kind}")
        result[kind] = asyncio.run(database_times(url, list_))
    with api(url, folder) as (port, _):
        result["http"] = summary(asyncio.run(http_times(port, asked["words"])))
    return result


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tracks", type=int, nargs="+", default=[5_000, 100_000])
    parser.add_argument("--queries", type=int, default=1_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = ensure_running(folder)
        try:
            results = [measure(url, count, arguments.queries, folder) for count in arguments.tracks]
        finally:
            stop(folder)
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
