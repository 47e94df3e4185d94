"""What work takes, looked for before it is asked for: a worker would find out much later, and tell it to its log."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from domain.settings import Settings

# The package by which an extra is known to be installed.
PACKAGE_OF_EXTRA = {"ml": "torch", "backends": "transformers"}


def require_backend(engine: Engine, settings: Settings, space: str) -> None:
    """Raises WeightsMissing where the weights behind a space lie neither here nor in the storage, and ExtraMissing
    where the packages are not here, but for workers that run already: theirs may be others. Of a space that no backend
    makes, and of no space at all, whoever asks for the job says so."""
    from domain.errors.machine import ExtraMissing
    from domain.spaces import find_facts
    from jobs.weights import WeightStore

    facts = find_facts(space)
    if facts is None:
        return
    if facts.weights:
        WeightStore(settings).require(facts)
    if facts.extra is not None and not _is_here(facts.extra) and not living_workers(engine):
        raise ExtraMissing(feature=f"The backend '{facts.name}'", extra=facts.extra)


def require_learning(engine: Engine, feature: str) -> None:
    """Raises ExtraMissing where what takes torch, such as training, would have to be done here and cannot."""
    from domain.errors.machine import ExtraMissing

    if not _is_here("ml") and not living_workers(engine):
        raise ExtraMissing(feature=feature, extra="ml")


def living_workers(engine: Engine) -> int:
    """How many worker processes there are, here and elsewhere."""
    from sql.queue.workers import count_workers

    with engine.connect() as connection:
        return count_workers(connection)


def _is_here(extra: str) -> bool:
    return find_spec(PACKAGE_OF_EXTRA[extra]) is not None
