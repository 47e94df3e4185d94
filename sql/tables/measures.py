"""What was measured of recordings, without any network."""

from __future__ import annotations

from sqlalchemy import Column, Float
from sqlmodel import Field, SQLModel

from sql.tables.columns import reference, text


class TrackMeasures(SQLModel, table=True):
    """`tempo` in beats a minute, null where no beat was found, and `loudness` in dB below full scale; `revision` says
    how they were measured (`ml.measures`)."""

    __tablename__ = "track_measures"

    track_id: int = Field(sa_column=reference("tracks.id", primary_key=True))
    revision: str = Field(sa_column=text())
    tempo: float | None = Field(default=None, sa_column=Column(Float))
    loudness: float = Field(sa_column=Column(Float, nullable=False))
