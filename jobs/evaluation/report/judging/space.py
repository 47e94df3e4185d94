"""Which space to use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from jobs.evaluation.report.findings import Findings, best, is_told_apart
from jobs.evaluation.report.text import duration_text, listed, value_text

# What a space is judged by where nobody listened: what belongs together by the catalogue. Albums tell of microphones.
TASKS = ("composer", "work", "ensemble", "instrument", "tags")
BETTER, WORSE, ALIKE = "better", "worse", "not distinguishable"
SCENARIOS = (("hot", "tracks that are known"), ("cold", "tracks that nobody has heard"))


def best_space(findings: Findings) -> str | None:
    """The space that the verdict names; None where nothing tells."""
    names = findings.real_spaces
    if len(names) == 1:
        return names[0]
    order = _order(findings)
    return order[0] if order else None


def of_space(findings: Findings) -> list[str]:
    """Which space, against which others."""
    names, first = findings.real_spaces, best_space(findings)
    if len(names) == 1:
        return [f"Only one space is there, {names[0]}, and nothing to compare it with."]
    if first is None:
        return ["No space can be judged: the catalogue says nothing that tracks have in common."]
    tasks, others = shared_tasks(findings), [name for name in _order(findings) if name != first]
    won, lost = (_count(findings, tasks, first, others, verdict) for verdict in (BETTER, WORSE))
    score = value_text(content_score(findings, first))
    if won or lost:
        said = [
            f"Use the space {first}: over {listed(tasks)} it is better in {won} and worse in {lost} of"
            f" {len(tasks) * len(others)} comparisons with other spaces (mean NDCG@5 {score})."
        ]
    else:
        said = [
            f"No space can be told from {first}, which has the highest mean NDCG@5 over {listed(tasks)} ({score}):"
            " use it, or whichever costs least."
        ]
    said += _like_random(findings, tasks, first)
    for other in others[:3]:
        mean = value_text(content_score(findings, other))
        said.append(f"Against {other} ({mean}) it is {_against(findings, tasks, first, other)}.")
    return [*said, *_cheaper(findings, tasks, first, others), *_by_listeners(findings, first)]


def shared_tasks(findings: Findings) -> list[str]:
    """The tasks that speak for a space and that every space was asked: no space is asked for its own tags."""
    return [task for task in TASKS if all(_ndcg(findings, task, name) is not None for name in findings.real_spaces)]


def content_score(findings: Findings, space: str) -> float | None:
    """The mean NDCG@5 over the tasks that all spaces share."""
    values = [value for task in shared_tasks(findings) if (value := _ndcg(findings, task, space)) is not None]
    return float(np.mean(values)) if values else None


def _order(findings: Findings) -> list[str]:
    """The spaces, best first: by how many comparisons say better less how many say worse, then by the mean."""
    tasks, names = shared_tasks(findings), findings.real_spaces
    if not tasks:
        return []
    surplus = {
        name: _count(findings, tasks, name, names, BETTER) - _count(findings, tasks, name, names, WORSE)
        for name in names
    }
    return sorted(names, key=lambda name: (-surplus[name], -(content_score(findings, name) or 0.0)))


def _ndcg(findings: Findings, task: str, space: str) -> float | None:
    found = findings.one(part="content", task=task, space=space, metric="ndcg", k=5)
    return None if found is None else found.value


def _against(findings: Findings, tasks: Sequence[str], first: str, other: str) -> str:
    """At which tasks one space is better, worse, or neither."""
    found: dict[str, list[str]] = {BETTER: [], WORSE: [], ALIKE: []}
    for task in tasks:
        found[_verdict(findings, task, first, other)].append(task)
    return "; ".join(f"{verdict} for {listed(those)}" for verdict, those in found.items() if those)


def _count(findings: Findings, tasks: Sequence[str], name: str, others: Iterable[str], verdict: str) -> int:
    """How many comparisons on these tasks say that of a space."""
    return sum(_verdict(findings, task, name, other) == verdict for task in tasks for other in others if other != name)


def _verdict(findings: Findings, task: str, left: str, right: str) -> str:
    found = findings.difference("content", task, left, right)
    return ALIKE if found is None else str(found.config["verdict"])


def _like_random(findings: Findings, tasks: Sequence[str], first: str) -> list[str]:
    """Whether a space knows nothing more than vectors that are drawn."""
    drawn = [space["name"] for space in findings.document["spaces"] if space["backend"] == "random"]
    pairs = [findings.difference("content", task, first, name) for task in tasks for name in drawn]
    if not any(pairs) or _count(findings, tasks, first, drawn, BETTER):
        return []
    return ["In none of these is it better than random vectors: nothing shows that any space knows this archive."]


def _cheaper(findings: Findings, tasks: Sequence[str], first: str, others: Sequence[str]) -> list[str]:
    """A space that nothing tells from the first, and that takes half the time or less."""
    times = {one.space: one.value for one in findings.where(part="cost", metric="seconds an hour of audio")}
    own = times.get(first)
    for other in others:
        theirs = times.get(other)
        alike = all(_verdict(findings, task, first, other) == ALIKE for task in tasks)
        if own and theirs and alike and theirs <= own / 2:
            return [
                f"{other} is told from it by nothing, and takes {duration_text(theirs)} for an hour of audio, not"
                f" {duration_text(own)}."
            ]
    return []


def _by_listeners(findings: Findings, first: str) -> list[str]:
    """Whether listeners would choose the same space, under nearest neighbours."""
    said = []
    for part, words in SCENARIOS:
        found = [
            one
            for one in findings.where(part=part, strategy="KNN", metric="ndcg", k=10)
            if one.space in findings.real_spaces
        ]
        leader = best(found)
        if leader is None or leader.space is None or len(found) < 2:
            continue
        pairs = [
            findings.difference(part, "spaces", f"KNN on {leader.space}", f"KNN on {one.space}")
            for one in found
            if one is not leader
        ]
        if not any(map(is_told_apart, pairs)):
            said.append(f"Where {words} are looked for, nearest neighbours tell no space from another.")
        elif leader.space == first:
            said.append(f"Listeners agree where {words} are looked for: it has the highest NDCG@10 there, too.")
        else:
            apart = findings.difference(part, "spaces", f"KNN on {leader.space}", f"KNN on {first}")
            tail = "and is better" if is_told_apart(apart) else "but the two are not distinguishable"
            said.append(f"Where {words} are looked for, {leader.space} has the highest NDCG@10, {tail}.")
    return said
