"""Spaces that are computed from others, and what each of their revisions was computed by."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from sql.tables.columns import reference, text


class Derivation(SQLModel, table=True):
    """How a space is computed from others: `kind` is "whiten", "concat", or "model": by its item
    tower."""

    __tablename__ = "derivations"

    space_id: int = Field(sa_column=reference("spaces.id", primary_key=True))
    kind: str = Field(sa_column=text())


class DerivationParent(SQLModel, table=True):
    """The space at one place of what another is computed from, counted from 0."""

    __tablename__ = "derivation_parents"

    space_id: int = Field(sa_column=reference("derivations.space_id", primary_key=True))
    place: int = Field(sa_column=Column(Integer, primary_key=True))
    parent_id: int = Field(sa_column=reference("spaces.id", index=True))


class DerivedRevision(SQLModel, table=True):
    """What a revision was computed by: the revisions of its parents, in order; of a whitening also the number of
    tracks that it was fitted on, `mean` (dimension of the parent) and `projection` (that, own dimension), float32."""

    __tablename__ = "derived_revisions"

    revision_id: int = Field(sa_column=reference("space_revisions.id", primary_key=True))
    parents: list[int] = Field(sa_column=Column(ARRAY(BigInteger), nullable=False))
    fitted_on: int | None = None
    mean: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    projection: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
