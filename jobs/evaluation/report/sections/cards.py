"""A card for each active model."""

from __future__ import annotations

from html import escape

from jobs.evaluation.report.findings import Findings
from jobs.evaluation.report.text import table


def cards(findings: Findings) -> str:
    """A card for each active model."""
    return "".join(_card(model) for model in findings.document["models"])


def _card(model: dict[str, object]) -> str:
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
        ["may answer by itself", escape(str(model["verdict"]))],
        ["meant for", "recommending tracks of this archive to its listeners; not for judging music or people"],
        ["does not know", escape(str(model["limits"]))],
    ]
    return table(f"Model {model['name']}", ["", ""], rows)
