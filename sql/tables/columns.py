"""Column types that several tables share."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Identity, Text, func


def bigint_key() -> Column[int]:
    """A catalogue key: `bigint`, numbered by the database."""
    return Column(BigInteger, Identity(always=True), primary_key=True)


def reference(target: str, *, nullable: bool = False, primary_key: bool = False, index: bool = False) -> Column[int]:
    """A `bigint` reference to `target` ("table.column"); rows go with the row they refer to, unless nullable."""
    return Column(
        BigInteger,
        ForeignKey(target, ondelete="SET NULL" if nullable else "CASCADE"),
        nullable=nullable,
        primary_key=primary_key,
        index=index,
    )


def text(*, nullable: bool = False, **options: Any) -> Column[str]:  # Any: handed to Column as it is
    return Column(Text, nullable=nullable, **options)


def moment(*, nullable: bool = False) -> Column[Any]:  # Any: SQLAlchemy types DateTime columns by usage
    """A point in time with time zone; now by default where it may not be null."""
    return Column(DateTime(timezone=True), nullable=nullable, server_default=None if nullable else func.now())
