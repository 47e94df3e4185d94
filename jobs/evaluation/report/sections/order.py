"""RQ3: whether the order of the spaces stays, and what recognition foretells."""

from __future__ import annotations

from html import escape

from domain.experiments import Figure
from jobs.evaluation.report.findings import Findings
from jobs.evaluation.report.sections.words import task_words
from jobs.evaluation.report.text import cell, heading, table, value_text


def order(findings: Findings) -> str:
    """RQ3: the order of the spaces, and what recognition foretells."""
    rows = [
        [
            escape(task_words(one.task)),
            f"{one.config['share']:.0%} of the {one.config['of']}",
            cell(one),
            "could be another order" if one.low is None or one.low <= 0 else "same tendency",
        ]
        for one in findings.where(part="stability", metric="kendall")
    ]
    relations = [
        [
            escape(one.task),
            escape(f"KNN, {one.config['with']}"),
            cell(one),
            value_text(one.config.get("p")),
            str(one.cases),
            _relation_words(one),
        ]
        for one in findings.where(part="relation", metric="spearman")
        if one.value is not None
    ]
    return (
        table(
            "Kendall's τ between the order of the spaces on a part and on the whole",
            ["task", "part", "τ", "in words"],
            rows,
            note="1: the same order; 0: no relation. Random vectors are left out.",
        )
        + heading("Does recognition foretell recommendation?")
        + table(
            "Spearman's correlation over the spaces: score of a linear probe, and NDCG@10 of nearest neighbours",
            ["probe", "recommendation", "correlation", "p", "spaces", "in words"],
            relations,
            note="With so few spaces intervals are wide: only a very strong relation could be seen.",
        )
    )


def _relation_words(one: Figure) -> str:
    if one.low is None or one.high is None or one.low <= 0 <= one.high:
        return '<span class="alike">cannot be told from none</span>'
    return '<span class="apart">related</span>' if (one.value or 0) > 0 else '<span class="apart">opposed</span>'
