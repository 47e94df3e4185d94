"""The verdict is what the planted figures say, in words."""

from __future__ import annotations

from dataclasses import replace

from jobs.evaluation.report.findings import Findings
from jobs.evaluation.report.verdict import Verdict, content_score, verdict
from tests.jobs.evaluation.planted import difference, document, heard_next, ndcg

CONTENT = (
    ndcg("musicnn-mtt", "composer", 0.10),
    ndcg("musicnn-mtt", "work", 0.30),
    ndcg("musicnn-mtt", "album", 0.90),
    ndcg("mfcc", "composer", 0.12),
    ndcg("mfcc", "work", 0.20),
    ndcg("mfcc", "album", 1.00),
    difference("musicnn-mtt", "mfcc", -0.02, "not distinguishable", part="content", task="composer"),
    difference("mfcc", "musicnn-mtt", -0.10, "worse", part="content", task="work"),
)
LISTENED = (
    heard_next("KNN", "musicnn-mtt", 0.18),
    heard_next("KNN", "mfcc", 0.15),
    heard_next("BERT4REC", "musicnn-mtt", 0.20),
    heard_next("RANDOM", None, 0.99),
    heard_next("KNN", "random", 0.98),
    difference("KNN on mfcc", "BERT4REC on musicnn-mtt", -0.05, "worse", part="hot", task="against the best"),
)
AGAINST = {"part": "hot", "task": "against the best"}


def judged(*figures: object, users: int = 0, people: bool = False) -> Verdict:
    return verdict(Findings(document(*figures, users=users, people=people)))  # type: ignore[arg-type]


def test_a_space_is_judged_by_tasks_that_tell_of_music() -> None:
    findings = Findings(document(*CONTENT))
    # Albums, which tell of microphones, do not count: (.10 + .30) / 2 against (.12 + .20) / 2.
    assert content_score(findings, "musicnn-mtt") == 0.2
    assert content_score(findings, "mfcc") == 0.16
    found = verdict(findings)
    assert found.space == "musicnn-mtt"
    assert found.of_space == [
        "Use the space musicnn-mtt: over composer and work it is better in 1 and worse in 0 of 2 comparisons with other"
        " spaces (mean NDCG@5 0.200).",
        "Against mfcc (0.160) it is better for work; not distinguishable for composer.",
    ]


def test_without_listeners_there_is_no_strategy_to_compare() -> None:
    found = judged(*CONTENT)
    assert found.strategy == "KNN"
    assert found.of_strategy[0].startswith("Use the strategy KNN: nobody has listened yet")
    assert found.collect[0].startswith("Listening by people comes first")
    assert "Nothing tells the ensemble and instrument of tracks" in found.collect[1]


def test_of_what_cannot_be_told_apart_the_simplest_is_taken() -> None:
    close = difference(
        "KNN on musicnn-mtt", "BERT4REC on musicnn-mtt", -0.02, "not distinguishable", half=0.04, **AGAINST
    )
    found = judged(*CONTENT, *LISTENED, close, users=100)
    assert found.strategy == "KNN"
    assert found.of_strategy[:2] == [
        "For tracks that are known, BERT4REC on musicnn-mtt does best: NDCG@10 .200 (.180 to .220).",
        "KNN on musicnn-mtt, at .180 (.160 to .200), is simpler and not distinguishable from it: use that.",
    ]
    # ± .04 at 100 listeners is ± .02 at 100 · (.04 / .02)² = 400.
    assert found.collect[1].startswith("Some 400 such listeners, in place of 100, would tell BERT4REC on musicnn-mtt")


def test_what_is_better_is_taken_although_it_must_be_trained() -> None:
    apart = difference("KNN on musicnn-mtt", "BERT4REC on musicnn-mtt", -0.02, "worse", half=0.01, **AGAINST)
    found = judged(*CONTENT, *LISTENED, apart, users=100)
    assert found.strategy == "BERT4REC"
    assert found.of_strategy[-1] == "AUTO takes the model that is active: promote one of BERT4REC to let it answer."


def test_that_random_vectors_do_better_is_said() -> None:
    found = difference("SHALLOW on random", "BERT4REC on musicnn-mtt", 0.05, "better", **AGAINST)
    given = judged(*CONTENT, *LISTENED, replace(found, space="random"), users=100)
    assert given.of_strategy[1] == (
        "SHALLOW on random is better still: what helps there is who hears what, and not the sound."
    )


def test_made_up_listeners_are_no_evidence_of_taste() -> None:
    assert "simulated" in " ".join(judged(*CONTENT, *LISTENED, users=100).sure)
    people = judged(*CONTENT, *LISTENED, users=100, people=True)
    assert "100 people listened 4,000 times." in people.sure
    assert not any("by people comes first" in line for line in people.collect)
