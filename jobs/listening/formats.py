"""The formats that a log is written in."""

from __future__ import annotations

from enum import StrEnum


class LogFormat(StrEnum):
    CSV = "csv"
    PARQUET = "parquet"
