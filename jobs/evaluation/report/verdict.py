"""The verdict, in plain words, made from the figures: which space, which strategy, how sure, what it costs, and what to
collect to be surer."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from jobs.evaluation.report.findings import Findings
from jobs.evaluation.report.judging.certainty import how_sure
from jobs.evaluation.report.judging.collecting import what_to_collect
from jobs.evaluation.report.judging.price import what_it_costs
from jobs.evaluation.report.judging.space import best_space, of_space
from jobs.evaluation.report.judging.strategy import of_strategy


@dataclass(frozen=True)
class Verdict:
    """`space` and `strategy` are what to use, None where the figures do not say; each of the rest is a few
    sentences."""

    space: str | None
    strategy: str | None
    of_space: list[str] = field(default_factory=list)
    of_strategy: list[str] = field(default_factory=list)
    sure: list[str] = field(default_factory=list)
    cost: list[str] = field(default_factory=list)
    collect: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def verdict(findings: Findings) -> Verdict:
    """Judge by the figures alone."""
    space = best_space(findings)
    strategy, said = of_strategy(findings)
    return Verdict(
        space,
        strategy,
        of_space(findings),
        said,
        how_sure(findings, space),
        what_it_costs(findings, space, strategy),
        what_to_collect(findings, space),
    )
