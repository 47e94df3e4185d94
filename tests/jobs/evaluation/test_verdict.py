"""The verdict is what the planted figures say, in words."""

from __future__ import annotations

from dataclasses import replace

from jobs.evaluation.report.findings import Findings
from jobs.evaluation.report.judging.space import content_score
from jobs.evaluation.report.verdict import Verdict, verdict
from tests.jobs.evaluation.planted import difference, document, heard_next, hearing, microphone, ndcg, overlap

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
        " spaces (mean NDCG@5 .200).",
        "Against mfcc (.160) it is better for work; not distinguishable for composer.",
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
    # ± .04 at 100 listeners is ± .02 at 100 · (.04 / .02)² = 400, and four times in five narrow enough at 2.04 · 400.
    assert found.collect[1].startswith("Some 820 such listeners, in place of 100, would tell BERT4REC on musicnn-mtt")


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


def test_what_the_catalogue_alone_finds_is_said_and_not_chosen() -> None:
    found = difference("KNN on metadata", "BERT4REC on musicnn-mtt", 0.05, "better", **AGAINST)
    given = judged(
        *CONTENT, *LISTENED, heard_next("KNN", "metadata", 0.25), replace(found, space="metadata"), users=100
    )
    assert given.strategy == "BERT4REC"
    assert given.of_strategy[1] == (
        "KNN on metadata is better still: what helps there is what the catalogue says, and not the sound."
    )


def test_what_cannot_be_told_from_chance_is_said_to_be_so() -> None:
    alike = difference("RANDOM", "BERT4REC on musicnn-mtt", -0.01, "not distinguishable", **AGAINST)
    assert judged(*CONTENT, *LISTENED, alike, users=100).of_strategy[1] == (
        "BERT4REC on musicnn-mtt is not distinguishable from chance there: too little was heard to choose by."
    )
    drawn = difference("musicnn-mtt", "random", 0.01, "not distinguishable", part="content", task="composer")
    assert judged(*CONTENT, drawn).of_space[1] == (
        "In none of these is it better than random vectors: nothing shows that any space knows this archive."
    )


def test_an_interval_of_few_listeners_decides_nothing_by_itself() -> None:
    """Of two listeners the interval is narrow by luck: the permutation test knows."""
    close = difference("KNN on musicnn-mtt", "BERT4REC on musicnn-mtt", -0.05, "not distinguishable", **AGAINST)
    found = judged(*CONTENT, *LISTENED, replace(close, config=close.config | {"p": 0.5}), users=100)
    assert found.strategy == "KNN"
    # Nor would more listeners tell them apart: they are told apart but for how many comparisons there are.
    assert not any("such listeners" in line for line in found.collect)


def test_made_up_listeners_are_no_evidence_of_taste() -> None:
    assert "simulated" in " ".join(judged(*CONTENT, *LISTENED, users=100).sure)
    people = judged(*CONTENT, *LISTENED, users=100, people=True)
    assert "100 people listened 4,000 times." in people.sure
    assert not any("by people comes first" in line for line in people.collect)


def test_a_task_that_one_space_is_not_asked_counts_for_none() -> None:
    """Tags of musicnn-mtt are asked of mfcc alone: .90 there says nothing against musicnn-mtt."""
    findings = Findings(document(*CONTENT, ndcg("mfcc", "tags", 0.9)))
    assert content_score(findings, "mfcc") == 0.16
    assert verdict(findings).space == "musicnn-mtt"


def test_spaces_that_nothing_tells_apart_are_said_to_be_so() -> None:
    alike = difference("musicnn-mtt", "mfcc", 0.01, "not distinguishable", part="content", task="composer")
    found = judged(
        ndcg("musicnn-mtt", "composer", 0.13),
        ndcg("mfcc", "composer", 0.12),
        alike,
        hearing("musicnn-mtt", 80.0),
        hearing("mfcc", 30.0),
        heard_next("KNN", "musicnn-mtt", 0.15),
        heard_next("KNN", "mfcc", 0.18),
        difference("KNN on musicnn-mtt", "KNN on mfcc", -0.03, "not distinguishable", part="hot", task="spaces"),
        users=100,
    )
    assert found.of_space == [
        "No space can be told from musicnn-mtt, which has the highest mean NDCG@5 over composer (.130): use it, or"
        " whichever costs least.",
        "Against mfcc (.120) it is not distinguishable for composer.",
        "mfcc is told from it by nothing, and takes 30.0 s for an hour of audio, not 80.0 s.",
        "Where tracks that are known are looked for, nearest neighbours tell no space from another.",
    ]


def test_listeners_may_want_another_space_than_the_catalogue() -> None:
    better = difference("KNN on mfcc", "KNN on musicnn-mtt", 0.03, "better", part="hot", task="spaces")
    listened = (heard_next("KNN", "musicnn-mtt", 0.15), heard_next("KNN", "mfcc", 0.18), better)
    assert judged(*CONTENT, *listened, users=100).of_space[-1] == (
        "Where tracks that are known are looked for, mfcc has the highest NDCG@10, and is better."
    )


def test_that_a_space_hears_the_microphone_is_said() -> None:
    same, chance = microphone("musicnn-mtt", "same album", 0.4), microphone("musicnn-mtt", "same album by chance", 0.1)
    apart = difference("musicnn-mtt", "chance", 0.3, "better", part="confound", task="composer")
    assert judged(*CONTENT, same, chance, apart).sure[-1] == (
        "musicnn-mtt hears halls and microphones, too: of the nearest tracks by the same composer 40 % are from the"
        " same album, where 10 % would be by chance."
    )
    alike = difference("musicnn-mtt", "chance", 0.3, "not distinguishable", part="confound", task="composer")
    assert not any("microphones" in line for line in judged(*CONTENT, same, chance, alike).sure)


def test_what_moves_a_space_most_is_said() -> None:
    moved = [overlap("musicnn-mtt", name, value) for name, value in (("undisturbed", 1.0), ("hum", 0.7), ("hall", 0.4))]
    assert judged(*CONTENT, *moved, overlap("mfcc", "hum", 0.1)).sure[-1] == (
        # Of 199 others, ten at random hold each with a chance of 10 / 199.
        "Of 2 disturbances, hall moves it most: 4.0 of ten nearest tracks stay, where 0.5 would by chance."
    )
