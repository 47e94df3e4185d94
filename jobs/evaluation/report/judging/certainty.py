"""How sure it is."""

from __future__ import annotations

from jobs.evaluation.report.findings import Findings, chance_overlap
from jobs.evaluation.report.text import listed

UNDISTURBED, ALL = "undisturbed", "all disturbances"


def how_sure(findings: Findings, space: str | None) -> list[str]:
    """What the figures rest on, and where they could come out otherwise."""
    archive, listening = findings.document["archive"], findings.listening
    said = [f"The archive has {archive['tracks']:,} tracks in all spaces; intervals are 95 %."]
    if listening is None:
        said.append("Nobody has listened, so all of this is about sound and catalogue, not about taste.")
    elif not listening["of_people"]:
        who = f"The {listening['users']:,} listeners are simulated"
        if listening["people"]:
            who = f"Of the {listening['users']:,} listeners {listening['simulated']:,} are simulated"
        said.append(
            f"{who}: what is said of strategies holds for made-up listeners, and is no evidence of what people like."
        )
    else:
        said.append(f"{listening['users']:,} people listened {listening['listenings']:,} times.")
    unstable = [
        one
        for one in findings.where(part="stability", metric="kendall")
        if one.value is not None and one.config["share"] == 0.5 and (one.low is None or one.low <= 0)
    ]
    for of, half in (("tracks", "On half of the archive"), ("listeners", "With half of the listeners")):
        tasks = list(dict.fromkeys(one.task for one in unstable if one.config["of"] == of))
        if tasks:
            said.append(f"{half} the order of the spaces could be another for {listed(tasks)}.")
    return [*said, *_microphone(findings, space), *_moved(findings, space)]


def _microphone(findings: Findings, space: str | None) -> list[str]:
    """Whether the space hears recordings as well as music."""
    apart = findings.difference("confound", "composer", space or "", "chance")
    same = findings.one(part="confound", space=space, metric="same album")
    chance = findings.one(part="confound", space=space, metric="same album by chance")
    if apart is None or same is None or chance is None or apart.config["verdict"] != "better":
        return []
    return [
        f"{space} hears halls and microphones, too: of the nearest tracks by the same composer {_percent(same.value)}"
        f" are from the same album, where {_percent(chance.value)} would be by chance."
    ]


def _moved(findings: Findings, space: str | None) -> list[str]:
    """What moves the space most."""
    found = [
        one
        for one in findings.where(part="robustness", space=space, metric="overlap")
        if one.value is not None and one.task not in (UNDISTURBED, ALL)
    ]
    worst = min(found, key=lambda one: one.value or 0.0, default=None)
    if worst is None:
        return []
    return [
        f"Of {len(found)} disturbances, {worst.task} moves it most: {10 * (worst.value or 0.0):.1f} of ten nearest"
        f" tracks stay, where {10 * chance_overlap(findings):.1f} would by chance."
    ]


def _percent(value: float | None) -> str:
    return f"{100 * (value or 0.0):.0f} %"
