"""Maps: spaces in two dimensions."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from sql.tables.columns import moment, reference, text


class SpaceMap(SQLModel, table=True):
    """That a revision of a space has a map, how it was laid out (`PCA`, `UMAP`), and when."""

    __tablename__ = "space_maps"

    revision_id: int = Field(sa_column=reference("space_revisions.id", primary_key=True))
    method: str = Field(sa_column=text())
    made_at: datetime = Field(default=None, sa_column=moment())


class MapPoint(SQLModel, table=True):
    """A track's place on a map, 0 to 65,535 both ways."""

    __tablename__ = "map_points"

    revision_id: int = Field(sa_column=reference("space_maps.revision_id", primary_key=True))
    track_id: int = Field(sa_column=reference("tracks.id", primary_key=True, index=True))
    x: int
    y: int
