"""Figures and names that several sections show."""

from __future__ import annotations

from html import escape

from domain.experiments import Figure
from jobs.evaluation.report.findings import Findings
from jobs.evaluation.report.text import cell, value_text


def content_figure(findings: Findings, task: str, name: str, metric: str = "ndcg") -> Figure | None:
    about = {"strategy": "chance"} if name == "chance" else {"space": name}
    return findings.one(part="content", task=task, metric=metric, **about)


def next_track(findings: Findings, part: str, way: tuple[str, str | None], metric: str, k: int | None) -> Figure | None:
    return findings.one(part=part, strategy=way[0], space=way[1], metric=metric, k=k, task="next track")


def task_words(task: str) -> str:
    words = {
        "composer": "Same composer",
        "album": "Same album",
        "work": "Same work in another performance",
        "ensemble": "Same ensemble",
        "instrument": "Same solo instrument",
        "tags": "Shared tags",
        "hot": "Known tracks",
        "cold": "Tracks that nobody had heard",
        "seen in training": "What was seen in training",
    }
    return words.get(task, task)


def difference_row(one: Figure) -> list[str]:
    config = one.config
    return [
        escape(str(config["left"])),
        escape(str(config["right"])),
        cell(one),
        value_text(config["adjusted_p"]),
        value_text(config["effect"], 2),
        verdict_words(str(config["verdict"])),
    ]


def verdict_words(verdict: str) -> str:
    kind = "apart" if verdict != "not distinguishable" else "alike"
    return f'<span class="{kind}">{escape(verdict)}</span>'
