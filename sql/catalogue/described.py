"""Makes tracks what is said of them: whatever follows from a description is written here, for one track or many."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, Connection, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from domain.names import title_sort_key
from sql.catalogue import album_rows, people_rows
from sql.catalogue.album_rows import SORT_KEY_LENGTH
from sql.catalogue.credit_rows import Credited
from sql.catalogue.descriptions import Description
from sql.catalogue.edited import edit_albums, edited
from sql.catalogue.people_rows import Performance
from sql.catalogue.work_rows import assign_works

# Albums and composers of tracks before they are described anew.
FORMER = text("SELECT id, album_id, composer_id FROM tracks WHERE id = ANY (:ids)").bindparams(
    bindparam("ids", type_=ARRAY(BigInteger))
)

PERFORMANCES = text("""
    SELECT tp.track_id, p.name, tp.role, tp.instrument
    FROM track_performers tp JOIN performers p ON p.id = tp.performer_id
    WHERE tp.track_id = ANY (:ids)
    ORDER BY tp.track_id, tp.position, p.name
""").bindparams(bindparam("ids", type_=ARRAY(BigInteger)))

DESCRIBE = text("""
    UPDATE tracks t
    SET album_id = d.album_id, composer_id = d.composer_id, title = d.title, sort_key = d.sort_key, disc = d.disc,
        position = d.position, arranger = d.arranger, genre = d.genre, labels = d.labels, catalogue_id = d.catalogue_id
    FROM jsonb_to_recordset(CAST(:described AS jsonb)) AS d (
        id bigint, album_id bigint, composer_id bigint, title text, sort_key text, disc int, position int,
        arranger text, genre text, labels text[], catalogue_id text)
    WHERE t.id = d.id
""")


def describe_tracks(connection: Connection, described: Mapping[int, Description], *, anew: bool) -> None:
    """Write what is said of tracks (by id), in place of what was said before, in a handful of statements for all.

    `anew`: what is said of an album now replaces what another recording said of it. Albums, composers and performers
    that no track refers to any more go. What a person corrected stands. Call it under `lock_imports`.
    """
    ids = list(described)
    described = edited(connection, described)
    former = connection.execute(FORMER, {"ids": ids}).all()
    albums = album_rows.find_or_make_albums(connection, (said.album for said in described.values()), anew=anew)
    credited = people_rows.credit_composers(connection, {track: said.composer for track, said in described.items()})
    rows = [_row(track_id, said, albums[said.album], credited) for track_id, said in described.items()]
    connection.execute(DESCRIBE, {"described": json.dumps(rows)})
    _perform(connection, described)
    assign_works(people_rows.rows_of(connection), ids)
    edit_albums(connection, set(albums.values()))
    for album_id in sorted({row.album_id for row in former if row.album_id is not None} - set(albums.values())):
        album_rows.drop_album_if_empty(connection, album_id)
    present = set(credited.principals.values())
    composers = {row.composer_id for row in former if row.composer_id is not None} | credited.former
    people_rows.drop_unused_composers(connection, composers - present)


def _perform(connection: Connection, described: Mapping[int, Description]) -> None:
    present: dict[int, list[Performance]] = {}
    for track_id, *who in connection.execute(PERFORMANCES, {"ids": list(described)}):
        present.setdefault(track_id, []).append(Performance(*who))
    for track_id, said in described.items():
        if present.get(track_id, []) != list(said.performances):
            people_rows.set_performances(connection, track_id, said.performances)


def _row(track_id: int, said: Description, album_id: int, credited: Credited) -> dict[str, Any]:  # Any: values
    return {
        "id": track_id,
        "album_id": album_id,
        "composer_id": credited.principals[track_id],
        "title": said.title,
        "sort_key": title_sort_key(said.title)[:SORT_KEY_LENGTH],
        "disc": said.disc,
        "position": said.position,
        "arranger": said.arranger or credited.arrangers[track_id],
        "genre": said.genre,
        "labels": said.labels,
        "catalogue_id": said.catalogue_id,
    }
