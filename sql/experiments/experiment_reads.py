"""What evaluations measured, for the API."""

from __future__ import annotations

from domain.experiments import Experiment, Figure
from sql.catalogue import pages
from sql.catalogue.pages import Key, Order, Page
from sql.database import Database, Row

EXPERIMENT = (
    "e.part, e.task, e.metric, e.value, e.low, e.high, e.cases, e.space, e.strategy, e.k, e.config,"
    " e.id, e.run_id, e.seed, e.versions, e.hashes, e.seconds, e.created_at"
)
OF_FIGURE = 11
NEWEST_FIRST = Order(("e.id",), descending=True)
COUNT = "SELECT count(*) FROM experiments"


class ExperimentReads:
    """Reads figures. Every call may raise DatabaseUnreachable, and may then be made again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, first: int, after: Key | None) -> Page[Experiment]:
        """The figures of all evaluations, the newest first."""
        statement = pages.statement(EXPERIMENT, "experiments e", NEWEST_FIRST, first, after)
        rows = await self._database.rows(statement, NEWEST_FIRST.parameters(after))
        return NEWEST_FIRST.page(rows, first, _experiment)

    async def count(self) -> int:
        [(found,)] = await self._database.rows(COUNT, {})
        return int(found)


def _experiment(row: Row) -> Experiment:
    key, run_id, seed, versions, hashes, seconds, created_at = row[OF_FIGURE : OF_FIGURE + 7]
    return Experiment(key, run_id, Figure(*row[:OF_FIGURE]), seed, versions, hashes, seconds, created_at)
