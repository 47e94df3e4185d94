"""An evaluation's document, as the report reads it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from domain.experiments import Figure
from jobs.evaluation.figures import NOT_DISTINGUISHABLE

Document = dict[str, Any]  # Any: JSON, as `jobs.evaluation.run.document` makes it


@dataclass(frozen=True)
class Findings:
    """Looks figures up; the document's order is kept."""

    document: Document

    @cached_property
    def figures(self) -> list[Figure]:
        return [Figure(**figure) for figure in self.document["figures"]]

    @cached_property
    def _placed(self) -> dict[tuple[str, str | None], list[Figure]]:
        """By part and task, and by part alone: a report asks for thousands."""
        found: dict[tuple[str, str | None], list[Figure]] = {}
        for one in self.figures:
            for task in (one.task, None):
                found.setdefault((one.part, task), []).append(one)
        return found

    def where(self, *, part: str, task: str | None = None, **wanted: Any) -> list[Figure]:  # Any: a Figure's fields
        """Figures of a part, and of a task unless that is None, whose other fields have these values."""
        among = self._placed.get((part, task), [])
        return [one for one in among if all(getattr(one, name) == value for name, value in wanted.items())]

    def one(self, *, part: str, **wanted: Any) -> Figure | None:
        """The first such figure that has a value."""
        return next((one for one in self.where(part=part, **wanted) if one.value is not None), None)

    @cached_property
    def spaces(self) -> list[str]:
        return [space["name"] for space in self.document["spaces"]]

    @cached_property
    def real_spaces(self) -> list[str]:
        """Those that are not drawn at random."""
        return [space["name"] for space in self.document["spaces"] if space["backend"] != "random"]

    def tasks(self, part: str) -> list[str]:
        """The tasks of a part, in order."""
        return list(dict.fromkeys(one.task for one in self.figures if one.part == part))

    def ways(self, part: str) -> list[tuple[str, str | None]]:
        """Strategy and space of everything that was measured in a part, in order."""
        found = (
            (one.strategy, one.space)
            for one in self.figures
            if one.part == part and one.strategy and not one.metric.startswith("difference")
        )
        return list(dict.fromkeys(found))

    def difference(self, part: str, task: str, left: str, right: str) -> Figure | None:
        """The comparison of two names, turned so that `left` is the left one."""
        for one in self.where(part=part, task=task):
            if one.config.get("left") == left and one.config.get("right") == right:
                return one
            if one.config.get("left") == right and one.config.get("right") == left:
                return turned(one)
        return None

    @property
    def listening(self) -> dict[str, Any] | None:  # Any: JSON
        found: dict[str, Any] | None = self.document["listening"]
        return found

    @property
    def of_people(self) -> bool:
        return bool(self.listening and self.listening["of_people"])


def turned(one: Figure) -> Figure:
    """The same comparison, seen from the other side."""
    verdicts = {"better": "worse", "worse": "better"}
    config = dict(one.config)
    config["left"], config["right"] = config["right"], config["left"]
    config["verdict"] = verdicts.get(config["verdict"], config["verdict"])
    if config.get("effect") is not None:
        config["effect"] = -config["effect"]
    minus = [None if value is None else -value for value in (one.value, one.high, one.low)]
    value, low, high = minus
    return Figure(**{**_fields(one), "value": value, "low": low, "high": high, "config": config})


def is_told_apart(one: Figure | None) -> bool:
    """Whether a comparison says that one is better."""
    return one is not None and one.config.get("verdict") in ("better", "worse")


AS_GOOD = "what cannot be told from the best"


def is_alike(one: Figure | None) -> bool:
    """Whether a comparison says that its sides cannot be told apart."""
    return one is not None and one.config.get("verdict") == NOT_DISTINGUISHABLE


def chance_overlap(findings: Findings) -> float:
    """Which share of the nearest tracks, ten where there are so many, would be the same in two spaces that have nothing
    to do with each other."""
    others = max(1, int(findings.document["archive"]["tracks"]) - 1)
    return min(10, others) / others


def way_name(strategy: str, space: str | None) -> str:
    return strategy if space is None else f"{strategy} on {space}"


def best(figures: Iterable[Figure]) -> Figure | None:
    """The figure with the highest value."""
    return max((one for one in figures if one.value is not None), key=lambda one: one.value or 0.0, default=None)


def _fields(one: Figure) -> dict[str, Any]:  # Any: a Figure's own
    return {name: getattr(one, name) for name in one.__dataclass_fields__}


__all__ = [
    "AS_GOOD",
    "NOT_DISTINGUISHABLE",
    "Document",
    "Findings",
    "best",
    "chance_overlap",
    "is_alike",
    "is_told_apart",
    "turned",
    "way_name",
]
