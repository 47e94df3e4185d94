"""A card for each active model."""

from __future__ import annotations

from html import escape

from jobs.evaluation.report.findings import Findings
from jobs.evaluation.report.text import table, with_interval


def cards(findings: Findings) -> str:
    """A card for each active model, and how they do on what was heard after their training."""
    return "".join(_card(model, _served(findings, model["name"])) for model in findings.document["models"])


def _served(findings: Findings, name: str) -> str:
    """How it does as it is served, or why it was not asked."""
    found = findings.one(part="served", strategy=name, metric="ndcg")
    if found is None:
        refused = [
            one["reason"] for one in findings.document["not_done"] if one["step"] == f"model {name} as it is served"
        ]
        return escape(refused[0]) if refused else "not asked"
    beside = findings.one(part="served", task="against KNN", strategy=name)
    verdict = "" if beside is None else f"; against KNN in the same space: {beside.config['verdict']}"
    return escape(f"NDCG@10 {with_interval(found)}{verdict}")


def _card(model: dict[str, object], served: str) -> str:
    rows = [
        ["strategy", escape(str(model["strategy"]))],
        ["status", escape(str(model["status"]).lower())],
        ["reads", escape(str(model["space"] or "who heard what, nothing of the sound"))],
        ["learned from", escape(str(model["learned_from"]))],
        ["trained", escape(str(model["trained_at"]))],
        ["seed", escape(str(model["seed"]))],
        ["artefact", f"<code>{escape(str(model['artefact']))}</code>"],
        ["settings", escape(str(model["settings"]))],
        ["on its own test", escape(str(model["measured"]))],
        ["as it is served", served],
        ["may answer by itself", escape(str(model["verdict"]))],
        ["meant for", "recommending tracks of this archive to its listeners; not for judging music or people"],
        ["does not know", escape(str(model["limits"]))],
    ]
    return table(f"Model {model['name']}", ["", ""], rows)
