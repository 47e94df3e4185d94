"""The whole page: no request leaves it, light and dark, on paper, too."""

from __future__ import annotations

from html import escape
from pathlib import Path

from jobs.evaluation.report.findings import Findings
from jobs.evaluation.report.sections.aspects import aspects, robust
from jobs.evaluation.report.sections.cards import cards
from jobs.evaluation.report.sections.content import confound, content, published_figures
from jobs.evaluation.report.sections.listeners import listeners
from jobs.evaluation.report.sections.method import method
from jobs.evaluation.report.sections.order import order
from jobs.evaluation.report.sections.size import size
from jobs.evaluation.report.sections.system import system
from jobs.evaluation.report.text import items, paragraph, section
from jobs.evaluation.report.verdict import Verdict

STYLE = Path(__file__).parent / "style.css"
TITLE = "Which representation, which recommender, for this archive?"


def page(findings: Findings, judged: Verdict) -> str:
    """The report as HTML."""
    sections = [
        section("verdict", "Verdict", _verdict(judged)),
        section(
            "rq1",
            "RQ1: How do the representations do in recommendation?",
            content(findings),
            published_figures(findings),
            listeners(findings),
        ),
        section("rq2", "RQ2: How far do models overfit or generalize as data shrinks?", size(findings)),
        section(
            "rq3",
            "RQ3: Does the order of the representations change with size, and does recognition foretell"
            " recommendation?",
            order(findings),
        ),
        section(
            "rq4",
            "RQ4: What does each representation keep, and how robust is it?",
            aspects(findings),
            confound(findings),
            robust(findings),
        ),
        section("system", "What does it cost?", system(findings)),
        section("models", "Active models", cards(findings) or paragraph("No trained model is active.")),
        section("method", "What this rests on", method(findings)),
    ]
    links = "".join(
        f'<a href="#{key}">{name}</a>'
        for key, name in (
            ("verdict", "Verdict"),
            ("rq1", "RQ1"),
            ("rq2", "RQ2"),
            ("rq3", "RQ3"),
            ("rq4", "RQ4"),
            ("system", "Cost"),
            ("models", "Models"),
            ("method", "Method"),
        )
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(TITLE)}</title><style>{STYLE.read_text()}</style></head><body>"
        f"<header><h1>{escape(TITLE)}</h1>{paragraph(_subject(findings))}<nav"
        f" aria-label='Sections'>{links}</nav></header>"
        f"<main>{''.join(sections)}</main></body></html>"
    )


def _subject(findings: Findings) -> str:
    document = findings.document
    archive, listening = document["archive"], document["listening"]
    who = "nobody has listened yet"
    if listening:
        kind = "people" if listening["of_people"] else _simulated(listening)
        who = f"{listening['users']:,} {kind}, {listening['listenings']:,} listenings"
    extent = "" if document["wish"]["full"] else " Quick: few subsets, probes and disturbances."
    return (
        f"{archive['tracks']:,} tracks on {archive['albums']:,} albums by {archive['composers']:,} composers,"
        f" {archive['hours']:.1f} hours; {len(document['spaces'])} representations; {escape(who)}."
        f" {escape(document['made_at'][:10])}, seed {document['seed']}.{extent}"
    )


def _simulated(listening: dict[str, int]) -> str:
    return f"listeners, {listening['simulated']:,} of them simulated" if listening["people"] else "simulated listeners"


def _verdict(judged: Verdict) -> str:
    parts = (
        ("The representation", judged.of_space),
        ("The strategy", judged.of_strategy),
        ("How sure", judged.sure),
        ("What it costs", judged.cost),
        ("What to collect to be surer", judged.collect),
    )
    return "".join(
        f'<div class="answer"><h3>{name}</h3>{items(escape(line) for line in lines)}</div>'
        for name, lines in parts
        if lines
    )
