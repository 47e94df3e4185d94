"""Pages that quote an evaluation: tables come from its figures, and figures that it has not are found."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import orjson

from domain.experiments import Figure
from jobs.evaluation.report.findings import Findings
from jobs.evaluation.report.quoted.tables import TABLES
from jobs.evaluation.report.quoting import filled, main, strange
from tests.jobs.evaluation.planted import difference, document, heard_next, hearing, ndcg, overlap

AGAINST = {"part": "hot", "task": "against the best"}
TESTED = {"p": 0.004, "adjusted_p": 0.02}
FINDINGS = Findings(
    document(
        ndcg("musicnn-mtt", "composer", 0.1),
        ndcg("mfcc", "composer", 0.121),
        difference("musicnn-mtt", "mfcc", -0.05, "worse", part="content", task="composer"),
        heard_next("KNN", "mfcc", 0.18),
        heard_next("BERT4REC", "mfcc", 0.2),
        difference("KNN on mfcc", "BERT4REC on mfcc", -0.02, "not distinguishable", **AGAINST),
        difference("KNN on mfcc", "KNN on musicnn-mtt", 0.03, "better", part="hot", task="spaces"),
        difference("KNN on mfcc", "KNN_PER_INTEREST on mfcc", -0.01, "worse", part="hot", task="interests"),
        Figure(
            "gap",
            "hot",
            "difference of ndcg",
            0.1,
            0.05,
            0.15,
            400,
            "mfcc",
            "BERT4REC",
            10,
            {"of": "listeners", "share": 1.0},
        ),
        Figure(
            "growth",
            "hot",
            "difference of ndcg",
            0.02,
            -0.01,
            0.05,
            400,
            "mfcc",
            "BERT4REC",
            10,
            {"of": "listeners", "share": 0.5},
        ),
        Figure("size", "hot", "ndcg", 0.15, 0.1, 0.2, 400, "mfcc", "BERT4REC", 10, {"of": "listeners", "share": 0.5}),
        Figure("size", "composer", "ndcg", 0.11, 0.1, 0.12, 90, "mfcc", None, 5, {"of": "tracks", "share": 0.5}),
        Figure(
            "size",
            "hot",
            "ndcg",
            0.05,
            0.04,
            0.06,
            90,
            "mfcc",
            "KNN",
            10,
            {"of": "tracks", "share": 0.5, "chance": 0.02},
        ),
        Figure("seeds", "hot", "ndcg", 0.2, 0.19, 0.21, 90, "mfcc", "BERT4REC", 10, {"seeds": 3}),
        Figure("folds", "cold", "ndcg", 0.01, 0.0, 0.02, 400, "mfcc", "KNN", 10, {"folds": 5}),
        Figure("stability", "composer", "kendall", 1.0, -0.5, 1.0, 3, config={"of": "tracks", "share": 0.5}),
        Figure("relation", "tempo", "spearman", 0.6, -1.0, 1.0, 5, None, "KNN", config=TESTED | {"with": "hot"}),
        Figure(
            "probe", "tempo", "R²", 0.3, 0.2, 0.4, 5, "mfcc", config={"probe": "linear", "examples": 50, "chance": 0}
        ),
        Figure(
            "gain by fine-tuning",
            "tempo",
            "difference of R²",
            -0.2,
            -0.3,
            -0.1,
            0,
            "mfcc",
            config=TESTED | {"examples": 50, "verdict": "worse"},
        ),
        Figure("confound", "composer", "same album", 0.25, 0.2, 0.3, 90, "mfcc", k=5),
        overlap("mfcc", "hum", 0.7),
        hearing("mfcc", 50.0),
    )
)
QUOTED = {
    "content": "| composer | .100 (.080 to .120) | .121 (.101 to .141) | – | – |",
    "differences": "| composer | mfcc over musicnn-mtt | .050 (.030 to .070) | .020 |",
    "listeners": "| BERT4REC on mfcc | .200 (.180 to .220) | – | – | – |",
    "best ways": "| hot | BERT4REC on mfcc | – | KNN on mfcc | 0 |",
    "space pairs": "| hot | KNN on mfcc over KNN on musicnn-mtt | .030 (.010 to .050) | .020 |",
    "interests": "| hot | KNN_PER_INTEREST on mfcc over KNN on mfcc | .010 (−.010 to .030) | .020 | told apart |",
    "gaps": "| BERT4REC on mfcc | .100 (.050 to .150) |",
    "growth": "| BERT4REC on mfcc | .150 | .200 | .020 (−.010 to .050) |",
    "seeds": "| BERT4REC on mfcc | .200 (.190 to .210) |",
    "folds": "| KNN on mfcc | .010 (.000 to .020) | – |",
    "fewer tracks": "| composer | mfcc | .110 (.100 to .120) |",
    "fewer tracks to recommend": "| hot | KNN on mfcc | .050 (.040 to .060) |",
    "stability": "| composer | 50 % of the tracks | 1.000 (−.500 to 1.000) |",
    "relations": "| tempo | KNN, hot | .600 (−1.000 to 1.000) | .004 | .020 | 5 |",
    "probes": "| linear | tempo | 50 | – | .300 (.200 to .400) | – | .000 |",
    "few examples": "| tempo | mfcc | .300 |",
    "fine tuning": "| tempo | mfcc | 50 | −.200 (−.300 to −.100) | .020 | worse |",
    "confound": "| mfcc | .250 (.200 to .300) | – | – | – |",
    "robustness": "| hum | .70 (.68 to .72) |",
    "recall": "None.",
    "cost": "| mfcc | 50 | – | – |",
}


def test_every_table_says_what_the_figures_say() -> None:
    assert set(TABLES) == set(QUOTED)
    for name, line in QUOTED.items():
        assert line in TABLES[name](FINDINGS).splitlines(), name


def test_a_page_is_filled_as_often_as_one_likes() -> None:
    page = "Before.\n<!-- table: fine tuning -->\nstale\n<!-- end -->\nAfter.\n"
    once = filled(page, FINDINGS)
    assert once.startswith("Before.\n<!-- table: fine tuning -->\n| aspect |")
    assert once.endswith("<!-- end -->\nAfter.\n")
    assert "stale" not in once
    assert filled(once, FINDINGS) == once


def test_figures_of_nobody_are_found() -> None:
    page = (
        "The best is .200 (.180 to .220), or .20; −.050 is as good as .050. <!-- not ours -->.570<!-- end --> v0.19.2\n"
    )
    assert strange(page, FINDINGS) == []
    assert strange(page + "And .201, 1.000, −.99.", FINDINGS) == [".201", "−.99"]


def test_the_command_fills_and_tells(tmp_path: Path, capsys) -> None:
    results, page = tmp_path / "results.json", tmp_path / "page.md"
    results.write_bytes(orjson.dumps(FINDINGS.document | {"figures": [asdict(one) for one in FINDINGS.figures]}))
    page.write_text("<!-- table: recall -->\n<!-- end -->\n.777\n", encoding="utf-8")
    assert main(results, page) == 1
    assert capsys.readouterr().out == f"Not in {results}: .777\n"
    assert page.read_text(encoding="utf-8") == "<!-- table: recall -->\nNone.\n<!-- end -->\n.777\n"
