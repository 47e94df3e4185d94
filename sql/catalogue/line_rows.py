"""Catalogue files and their lines, as they were read."""

from __future__ import annotations

from sqlalchemy import Connection, text

from sql.catalogue.descriptions import Json

LINE_OF_TRACK = text("SELECT said FROM catalogue_lines WHERE track_id = :track_id ORDER BY id DESC LIMIT 1")


def line_of_track(connection: Connection, track_id: int) -> Json | None:
    """What a catalogue says of a track, as `Description.overlaid` reads it."""
    said: Json | None = connection.scalar(LINE_OF_TRACK, {"track_id": track_id})
    return said
