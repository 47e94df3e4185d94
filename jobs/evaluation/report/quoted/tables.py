"""Every table by its name."""

from __future__ import annotations

from collections.abc import Callable

from jobs.evaluation.report.findings import Findings
from jobs.evaluation.report.quoted.aspects import few_examples, fine_tuning, probes, recall, relations, robustness
from jobs.evaluation.report.quoted.content import confound, content, differences
from jobs.evaluation.report.quoted.listeners import best_ways, interests, listeners, space_pairs
from jobs.evaluation.report.quoted.size import (
    fewer_tracks,
    fewer_tracks_to_recommend,
    folds,
    gaps,
    growth,
    seeds,
    stability,
)
from jobs.evaluation.report.quoted.system import cost

TABLES: dict[str, Callable[[Findings], str]] = {
    each.__name__.replace("_", " "): each
    for each in (
        content,
        differences,
        confound,
        listeners,
        best_ways,
        space_pairs,
        interests,
        gaps,
        growth,
        seeds,
        folds,
        fewer_tracks,
        fewer_tracks_to_recommend,
        stability,
        relations,
        probes,
        few_examples,
        fine_tuning,
        robustness,
        recall,
        cost,
    )
}
