"""Outlines of recordings, for a player."""

from __future__ import annotations

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field, SQLModel

from sql.tables.columns import reference


class Waveform(SQLModel, table=True):
    """A track's outline: `peaks` are 4,000 numbers from 0 to 65,535 (uint16, little-endian), see `ml.waveform`."""

    __tablename__ = "waveforms"

    track_id: int = Field(sa_column=reference("tracks.id", primary_key=True))
    peaks: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
