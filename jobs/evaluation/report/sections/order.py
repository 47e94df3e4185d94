"""RQ3: whether the order of the spaces stays, and what recognition foretells."""

from __future__ import annotations

from html import escape

from jobs.evaluation.report.findings import Findings
from jobs.evaluation.report.sections.words import task_words, verdict_words
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
            escape(f"{one.strategy}, {one.config['with']}"),
            cell(one),
            value_text(one.config["p"]),
            value_text(one.config["adjusted_p"]),
            str(one.cases),
            verdict_words(str(one.config["verdict"])),
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
            "Spearman's correlation over the spaces: score of a linear probe, and NDCG@10 of each strategy",
            ["probe", "recommendation", "correlation", "p", "p, corrected", "spaces", "in words"],
            relations,
            note="Random vectors are left out. With so few spaces intervals are wide, and however strong a relation is,"
            " its p cannot be small: of five spaces no more than 120 orders can be told.",
        )
    )
