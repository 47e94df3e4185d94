"""RQ1 with listeners: what they heard next."""

from __future__ import annotations

from html import escape

from jobs.evaluation.report.charts import Estimate, intervals
from jobs.evaluation.report.findings import AS_GOOD, Findings, is_alike, way_name
from jobs.evaluation.report.sections.words import difference_row, next_track, task_words, verdict_words
from jobs.evaluation.report.text import cell, folded, heading, paragraph, table, value_text

SCENARIOS = {
    "hot": "Known tracks, new to the listener, among all",
    "cold": "Tracks that nobody had heard, among all",
    "cold among cold": "Tracks that nobody had heard, among such alone",
    "repeated": "Whatever came next, repeated listening included",
}

METRICS = (("hit rate", "HitRate"), ("recall", "Recall"), ("ndcg", "NDCG"), ("mrr", "MRR"))
BEYOND = (
    ("coverage", "coverage"),
    ("novelty", "novelty, bits"),
    ("diversity", "diversity"),
    ("gini", "Gini"),
    ("long tail", "long tail"),
    ("miscalibration", "miscalibration by composer"),
    ("serendipity", "serendipity"),
)


def listeners(findings: Findings) -> str:
    """RQ1 with listeners."""
    if findings.listening is None:
        return heading("With listeners") + paragraph("Nobody has listened yet, so that no strategy can be measured.")
    if findings.listening["split"] is None:
        return heading("With listeners") + paragraph("There is too little listening to train on and to measure with.")
    parts = [heading("With listeners: what they heard next"), paragraph(_who(findings))]
    for part, words in SCENARIOS.items():
        parts.append(_scenario(findings, part, words))
    parts += [_beyond(findings), _interests(findings), _spaces_compared(findings)]
    return "".join(parts)


def _who(findings: Findings) -> str:
    listening = findings.listening or {}
    cases = listening["split"]["cases"]
    who = f"{listening['users']:,} people"
    if not listening["of_people"]:
        who = (
            f"{listening['users']:,} listeners, {listening['simulated']:,} of them <strong>simulated</strong>"
            if listening["people"]
            else f"{listening['users']:,} <strong>simulated</strong> listeners"
        )
    return (
        f"{who}, {listening['listenings']:,} listenings; {cases['hot']:,} cases of known tracks and {cases['cold']:,}"
        " of tracks held out as if nobody had ever heard them. All tracks are ranked, never a sample of them; intervals"
        " are over listeners. Random vectors, popularity, personalized popularity and the catalogue alone (metadata)"
        " stand in the same table."
    )


def _scenario(findings: Findings, part: str, words: str) -> str:
    ways = findings.ways(part)
    if not ways:
        return ""
    found = {
        way: findings.one(part=part, strategy=way[0], space=way[1], metric="ndcg", k=10, task="next track")
        for way in ways
    }
    ordered = sorted(ways, key=lambda way: -((found[way].value or 0) if found[way] else 0))  # type: ignore[union-attr]  # looked at
    names = {way: way_name(*way) for way in ways}
    reference = _best_name(findings, part) or names[ordered[0]]
    compared = {way: findings.difference(part, "against the best", names[way], reference) for way in ways}
    rows = []
    for way in ordered:
        apart = compared[way]
        verdict = (
            "the best"
            if names[way] == reference
            else ("–" if apart is None else verdict_words(str(apart.config["verdict"])))
        )
        rows.append(
            [
                escape(names[way]),
                cell(found[way]),
                *(cell(next_track(findings, part, way, metric, k)) for metric, k in (("hit rate", 10), ("mrr", None))),
                verdict,
            ]
        )
    chart = intervals(
        f"{words}: NDCG@10, the best {min(14, len(ordered))}; coloured: {AS_GOOD}",
        [
            Estimate(
                *(names[way], one.value or 0, one.low, one.high),
                strong=names[way] == reference or is_alike(compared[way]),
            )
            for way in ordered[:14]
            if (one := found[way]) is not None
        ],
    )
    ks = sorted({one.k for one in findings.where(part=part, metric="ndcg", task="next track") if one.k})
    full = table(
        f"{words}: every k",
        ["way", *(f"{short}@{k}" for _, short in METRICS for k in ks)],
        [
            [
                escape(names[way]),
                *(
                    value_text(getattr(next_track(findings, part, way, m, k), "value", None))
                    for m, _ in METRICS
                    for k in ks
                ),
            ]
            for way in ordered
        ],
        note=f"{', '.join(str(k) for k in ks)}: fixed lengths, and 1 % and 5 % of the tracks.",
    )
    return (
        heading(words)
        + chart
        + table(
            words, ["way", "NDCG@10", "HitRate@10", "MRR", "against the best"], rows, note=_reference(findings, part)
        )
        + folded("Every k", full)
    )


def _reference(findings: Findings, part: str) -> str:
    name = _best_name(findings, part)
    if name is None:
        return ""
    return (
        f"Compared with {escape(name)}, the best that can be chosen: no chance, no drawn vectors, no catalogue alone."
    )


def _best_name(findings: Findings, part: str) -> str | None:
    """Whom the others are compared with."""
    one = next(iter(findings.where(part=part, task="against the best")), None)
    return None if one is None else str(one.config["right"])


def _beyond(findings: Findings) -> str:
    parts = []
    for part in ("hot", "cold"):
        rows = [
            [
                escape(way_name(*way)),
                *(
                    value_text(getattr(next_track(findings, part, way, metric, 10), "value", None), 2)
                    for metric, _ in BEYOND
                ),
            ]
            for way in findings.ways(part)
        ]
        parts.append(
            table(f"Beyond accuracy, lists of ten: {SCENARIOS[part].lower()}", ["way", *(w for _, w in BEYOND)], rows)
        )
    return folded("Beyond accuracy: coverage, novelty, diversity, fairness", "".join(parts))


def _interests(findings: Findings) -> str:
    rows = [
        [escape(task_words(part)), *difference_row(one)]
        for part in ("hot", "cold")
        for one in findings.where(part=part, task="interests")
    ]
    return (
        heading("One vector for a listener, or one for each interest?")
        + table(
            "One vector against one for each of up to three interests, NDCG@10",
            ["asked for", "left", "right", "difference", "p, corrected", "effect", "verdict"],
            rows,
        )
        if rows
        else ""
    )


def _spaces_compared(findings: Findings) -> str:
    parts = [
        table(
            f"{task_words(part)}: spaces under the same strategy, differences of NDCG@10",
            ["left", "right", "difference", "p, corrected", "effect", "verdict"],
            [difference_row(one) for one in findings.where(part=part, task="spaces")],
        )
        for part in ("hot", "cold")
    ]
    return folded("Spaces under the same strategy: which differences can be told from chance", "".join(parts))
