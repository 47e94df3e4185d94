"""A whole evaluation: its steps in order, what is at hand taken over, and all of it as one JSON document."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from domain.experiments import EvaluationWish, Figure
from domain.settings import Settings
from domain.training import TrainedModel
from jobs.cores import available_cores
from jobs.evaluation.archive import Archive, read_archive
from jobs.evaluation.cards import model_cards
from jobs.evaluation.helpers import Outcome, do, outcomes, worth_while
from jobs.evaluation.listening import Heard, Split, read_listening, split
from jobs.evaluation.parts import Part, PartStore
from jobs.evaluation.plan import plan
from jobs.evaluation.steps.step import Step
from jobs.evaluation.versions import versions
from sql.models.model_rows import all_models

log = logging.getLogger(__name__)

FORMAT = 1
TIE_RULE = (
    "Tracks of equal score could stand in any order; a metric counts the mean over all orders (McSherry & Najork,"
    " 2008), so that no order of ids decides. Lists that are shown take one of them, drawn with the seed."
)

# How far it is: done and total in units of expected seconds, and what is in hand. Raises when it is not to go on.
Report = Callable[[int, int, str], None]


@dataclass
class Found:
    """What a run has found so far: `parts` by their steps' names, in order; `not_done` steps with why; which were
    `reused`."""

    parts: dict[str, Part] = field(default_factory=dict)
    not_done: list[dict[str, str]] = field(default_factory=list)
    reused: list[str] = field(default_factory=list)

    @property
    def steps(self) -> list[tuple[Sequence[Figure], float]]:
        """The figures of each step, and how long it took."""
        return [(part.figures, part.seconds) for part in self.parts.values()]


@dataclass(frozen=True)
class Study:
    """What is evaluated: `heard` and `split` are None where nobody listened, or too few did. `models` are all that were
    trained."""

    wish: EvaluationWish
    archive: Archive
    heard: Heard | None
    split: Split | None
    models: Sequence[TrainedModel] = ()


def read_study(engine: Engine, wish: EvaluationWish, settings: Settings) -> Study:
    """Raises as `read_archive` does."""
    archive = read_archive(engine, wish, settings.data_dir)
    heard = read_listening(engine, archive.ids, simulated=wish.simulated)
    parts = split(heard.log, archive.ids, wish.seed)
    with engine.connect() as connection:
        models = all_models(connection)
    return Study(wish, archive, heard if len(heard.log) else None, parts if parts.suffices else None, models)


def run(engine: Engine, study: Study, settings: Settings, report: Report, cores: int | None = None) -> Found:
    """Every step that applies; where there is much to do, in as many processes as there are `cores`. A step that cannot
    be done is told with its reason, and those that need it are, too."""
    steps = plan(engine, study, settings)
    store = PartStore(settings.data_dir)
    total, done = sum(_units(step) for step in steps), 0
    known: dict[str, Outcome] = {}
    reused: set[str] = set()
    if study.wish.resume:
        for step in steps:
            part = store.read(step.key) if step.keep else None
            if part is not None:
                known[step.name] = Outcome(part)
                reused.add(step.name)
                done += _units(step)
    apart = [step for step in steps if step.name not in known and step.keep and not step.joins]
    cores = available_cores() if cores is None else cores
    if worth_while(apart, cores):
        units = {step.name: _units(step) for step in apart}

        def look(names: list[str]) -> None:
            report(done, total, " and ".join(names) or "waiting")

        try:
            for name, outcome in outcomes(study, settings, apart, cores, look):
                known[name] = outcome
                done += units[name]
        except BrokenProcessPool:
            log.warning("A helping process was lost; the rest is done here")
    found = Found()
    for step in steps:
        if step.name not in known:
            report(done, total, step.name)
            known[step.name] = _take(step, found, store, lambda current, done=done: report(done, total, current))  # type: ignore[misc]  # a bound default
            done += _units(step)
        _note(step, known[step.name], found)
    found.reused = [step.name for step in steps if step.name in reused]
    report(total, total, "writing the report")
    return found


def document(run_id: UUID, study: Study, found: Found) -> dict[str, Any]:  # Any: JSON
    """All that was found and what it rests on; figures stand in the order of their steps."""
    archive, heard, wish = study.archive, study.heard, study.wish
    return {
        "format": FORMAT,
        "run": str(run_id),
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "wish": asdict(wish),
        "archive": {
            "tracks": len(archive),
            "left_out": archive.left_out,
            "thin_spaces": dict(archive.thin),
            "hours": round(float(archive.durations.sum()) / 3600, 3),
            "albums": len({track.album_id for track in archive.tracks if track.album_id is not None}),
            "composers": len({track.composer_id for track in archive.tracks if track.composer_id is not None}),
            "truths": dict(archive.named),
            "tags_of": archive.tags_of,
        },
        "listening": None
        if heard is None
        else {
            "people": heard.people,
            "simulated": heard.simulated,
            "of_people": heard.of_people,
            "listenings": len(heard.log),
            "users": heard.users,
            "split": None if study.split is None else study.split.facts(archive.ids),
        },
        "spaces": [
            {
                "name": space.name,
                "backend": space.backend,
                "dimension": space.dimension,
                "revision": space.revision,
                "drawn": space.drawn,
            }
            for space in archive.spaces
        ],
        "models": model_cards(study.models),
        "figures": [asdict(figure) for part in found.parts.values() for figure in part.figures],
        "about": {name: dict(part.about) for name, part in found.parts.items() if part.about},
        "not_done": found.not_done,
        "steps": [
            {"name": name, "seconds": round(part.seconds, 3), "reused": name in found.reused}
            for name, part in found.parts.items()
        ],
        "seed": wish.seed,
        "versions": versions(),
        "hashes": hashes(study),
        "tie_rule": TIE_RULE,
    }


def hashes(study: Study) -> dict[str, str]:
    """SHA-256 (hex) of the data behind the figures."""
    archive = study.archive
    found = {"archive": archive.sha256} | {f"vectors of {space.name}": space.sha256 for space in archive.spaces}
    if study.heard is not None:
        found["log"] = study.heard.log.sha256()
    if study.wish.labels:
        found["labels"] = study.wish.labels
    return found


def _take(step: Step, found: Found, store: PartStore, told: Callable[[str], None]) -> Outcome:
    """What joins others that were not done is not kept: another time there may be more of them."""
    missing = [name for name in step.after if name not in found.parts]
    if missing:
        return Outcome(None, f"it needs what was not done: {', '.join(missing)}")
    return do(step, found.parts, told, store, keep=step.keep and not (step.joins and found.not_done))


def _note(step: Step, outcome: Outcome, found: Found) -> None:
    if outcome.part is None:
        found.not_done.append({"step": step.name, "reason": outcome.reason})
    else:
        found.parts[step.name] = outcome.part


def _units(step: Step) -> int:
    return max(1, round(step.weight))
