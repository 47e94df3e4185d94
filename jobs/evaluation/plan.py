"""Which steps an evaluation has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Engine

from domain.settings import Settings
from jobs.evaluation.steps.content import content_steps
from jobs.evaluation.steps.cost import cost_steps
from jobs.evaluation.steps.probing import probing_steps
from jobs.evaluation.steps.recommending import recommending_steps
from jobs.evaluation.steps.relating import relating_steps
from jobs.evaluation.steps.robustness import robustness_steps
from jobs.evaluation.steps.serving import serving_steps
from jobs.evaluation.steps.size import size_steps
from jobs.evaluation.steps.step import Step
from jobs.evaluation.ways import ways

if TYPE_CHECKING:
    from jobs.evaluation.run import Study


def plan(engine: Engine | None, study: Study, settings: Settings) -> list[Step]:
    """The steps that this archive has what it takes for, those first that others need; without an `engine` none that
    asks the database. Raises WaysUnknown."""
    archive, wish = study.archive, study.wish
    chosen = ways(archive, wish.strategies, full=wish.full)
    steps = content_steps(archive, wish.seed)
    if study.heard is not None and study.split is not None:
        about: dict[str, object] = {
            "archive": archive.sha256,
            "log": study.heard.log.sha256(),
            "split": study.split.facts(archive.ids),
        }
        steps += recommending_steps(archive, study.split, chosen, wish.seed, about)
        steps += serving_steps(archive, study.split, study.models, settings, wish.seed, about)
        steps += size_steps(archive, study.heard, study.split, chosen, wish.seed, full=wish.full)
    else:
        steps += size_steps(archive, None, None, [], wish.seed, full=wish.full)
    steps += probing_steps(archive, wish.seed, full=wish.full)
    steps += relating_steps(archive, steps, wish.seed)
    steps += robustness_steps(archive, settings, wish.seed, full=wish.full, resume=wish.resume)
    return steps if engine is None else [*steps, *cost_steps(engine, archive, chosen, settings)]
