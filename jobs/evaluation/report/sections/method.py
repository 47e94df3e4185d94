"""What the figures rest on."""

from __future__ import annotations

from html import escape

from jobs.evaluation.report.findings import Findings
from jobs.evaluation.report.text import duration_text, folded, heading, items, paragraph, table

STATISTICS = (
    "Intervals are percentile bootstraps (2,000 resamples) over works or over listeners, never over single cases"
    " of one listener; those of probes are corrected for repeated splits that overlap (Nadeau & Bengio)."
    " Comparisons are paired on the same cases, tested by sign flips and corrected (Holm) for all that are made"
    " for one purpose: all pairs of spaces over all tasks of the catalogue; in each scenario all pairs of ways,"
    " since these very figures chose the best, all pairs of spaces under all strategies, and all interests; all"
    " gains by fine-tuning; all correlations. One whose interval includes zero, or whose corrected p is .05 or"
    " more, is called not distinguishable. Intervals of trained strategies are over listeners, not over seeds:"
    " what training owes to luck stands in a table of its own. With one right track per case, Recall@k and"
    " HitRate@k are the same number. The same archive, log and seed give the same figures; measured times alone"
    " differ."
)


def method(findings: Findings) -> str:
    """What it all rests on."""
    document = findings.document
    made = [
        ["seed", str(document["seed"])],
        ["made", escape(document["made_at"])],
        ["run", escape(document["run"])],
        ["extent", "full" if document["wish"]["full"] else "quick"],
        ["ties", escape(document["tie_rule"])],
        [
            "tracks",
            f"{document['archive']['tracks']:,}, {document['archive']['left_out']:,} left out that some space lacks",
        ],
        *(
            [f"{escape(name)} left out", f"it holds {count:,} tracks: fill it, or name it with --spaces"]
            for name, count in document["archive"]["thin_spaces"].items()
        ),
        ["truths", escape(", ".join(f"{name}: {source}" for name, source in document["archive"]["truths"].items()))],
        *([name, escape(value)] for name, value in document["versions"].items()),
        *([escape(name), f"<code>{escape(value)}</code>"] for name, value in document["hashes"].items()),
        *([f"revision of {escape(space['name'])}", escape(space["revision"])] for space in document["spaces"]),
    ]
    split = (document["listening"] or {}).get("split")
    if split:
        cases = ", ".join(f"{name} {count:,}" for name, count in split["cases"].items())
        made += [
            [
                "split",
                "by time: the last tenth of the listening is the test, the tenth before it decides when to stop;"
                f" {len(split['cold_tracks']):,} tracks are held out as cold, from histories, too",
            ],
            ["cases", cases],
            ["training listening", f"<code>{split['train_sha256']}</code>"],
        ]
    steps = [
        [escape(step["name"]), duration_text(step["seconds"]), "taken over" if step["reused"] else "worked out"]
        for step in document["steps"]
    ]
    undone = [f"{escape(one['step'])}: {escape(one['reason'])}" for one in document["not_done"]]
    return (
        (heading("Not done") + items(undone) if undone else "")
        + table("What it rests on", ["", ""], made)
        + folded("Steps", table("Steps", ["step", "time", ""], steps))
        + paragraph(escape(STATISTICS))
    )
