"""The tables of prices and measurements, which lie beside this module."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).parent

Table = dict[str, Any]  # Any: TOML


class DatabaseClass(NamedTuple):
    name: str
    memory_gb: float
    hour: float


@cache
def prices() -> Table:
    """Prices in US dollars by part, and where and when they were right."""
    return _read("prices.toml")


@cache
def measurements() -> Table:
    """Seconds, megabytes and counts by part, each with the command that prints it."""
    return _read("measurements.toml")


def database_classes() -> list[DatabaseClass]:
    """The cheapest first."""
    return sorted((DatabaseClass(**one) for one in prices()["database"]["classes"]), key=lambda one: one.hour)


def _read(name: str) -> Table:
    with (FOLDER / name).open("rb") as file:
        return tomllib.load(file)
