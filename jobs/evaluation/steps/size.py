"""How figures move as an archive or its audience shrinks, and whether the order of the spaces stays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jobs.evaluation.archive import METADATA, Archive
from jobs.evaluation.listening import Heard, Split
from jobs.evaluation.steps.folding import every_track_cold, folds_name
from jobs.evaluation.steps.growth import growth
from jobs.evaluation.steps.reseeding import OTHERS, luck, reseeded, reseeding_name
from jobs.evaluation.steps.shrinking import fewer_items, fewer_tracks, fewer_users, items_name, tracks_name, users_name
from jobs.evaluation.steps.stability import EVERYWHERE, stability
from jobs.evaluation.steps.step import Step
from jobs.evaluation.ways import KNN, Way

SHARES = {True: (0.1, 0.25, 0.5, 1.0), False: (0.25, 1.0)}
FOLD_COUNT = {True: 5, False: 2}
# Beside EVERYWHERE, what is trained again on parts of the audience, on the first space alone.
ON_ONE = ("BERT4REC", "HYBRID", "COLLABORATIVE")

# Of these, those that parts of the tracks can be learned by in seconds.
QUICK = ("HYBRID", "COLLABORATIVE")


def size_steps(
    archive: Archive, heard: Heard | None, whole: Split | None, chosen: Sequence[Way], seed: int, *, full: bool
) -> list[Step]:
    """Parts of the tracks for every space; parts of the users, and every track once cold, for some ways."""
    about: dict[str, Any] = {"archive": archive.sha256, "seed": seed, "full": full}  # Any: JSON
    shares = SHARES[full]
    steps = [
        Step(
            tracks_name(space.name),
            about | {"vectors": space.sha256},
            lambda parts, told, space=space: fewer_tracks(archive, space, shares, seed),  # type: ignore[misc]  # a bound default
            weight=2.0,
        )
        for space in archive.spaces
    ]
    if heard is not None and whole is not None:
        about |= {"log": heard.log.sha256(), "split": whole.facts(archive.ids)}
        for way in _trained_again(archive, chosen, full=full):
            steps.append(
                Step(
                    users_name(way),
                    about | {"way": way.name, "config": way.config, "content": _content(archive, way)},
                    lambda parts, told, way=way: fewer_users(archive, whole, way, shares[:-1], seed, told),  # type: ignore[misc]
                    weight=2.0 + 0.15 * float(way.config.get("epochs", 20)) * len(shares),
                )
            )
        for way in _shrunk(archive, chosen, full=full):
            steps.append(
                Step(
                    items_name(way),
                    about | {"way": way.name, "config": way.config, "content": _content(archive, way)},
                    lambda parts, told, way=way: fewer_items(archive, heard, way, shares, seed, told),  # type: ignore[misc]
                    weight=2.0 + 0.1 * float(way.config.get("epochs", 0)) * len(shares),
                )
            )
        for way in _folded(archive, chosen, full=full):
            steps.append(
                Step(
                    folds_name(way),
                    about | {"way": way.name, "config": way.config, "content": _content(archive, way)},
                    lambda parts, told, way=way: every_track_cold(archive, heard, way, FOLD_COUNT[full], seed, told),  # type: ignore[misc]
                    weight=3.0 + 0.2 * float(way.config.get("epochs", 0)) * FOLD_COUNT[full],
                )
            )
        for way in _reseeded(archive, chosen) if full else ():
            steps.append(
                Step(
                    reseeding_name(way),
                    about | {"way": way.name, "config": way.config, "content": _content(archive, way)},
                    lambda parts, told, way=way: reseeded(archive, whole, way, seed, told),  # type: ignore[misc]
                    weight=4.0 + 0.3 * float(way.config.get("epochs", 20)) * OTHERS,
                )
            )
    hashes = {space.name: space.sha256 for space in archive.spaces}
    done = [way.name for way in chosen]
    stable = about | {"vectors": hashes, "ways": done}
    steps.append(
        Step(
            "order of the spaces",
            stable,
            lambda parts, told: stability(archive, whole, parts, shares, seed),
            weight=10.0,
            joins=True,
        )
    )
    if whole is not None:
        again = _trained_again(archive, chosen, full=full)
        steps.append(
            Step(
                "what more listeners brought",
                stable,
                lambda parts, told: growth(whole, again, parts, shares[-2], seed),
                weight=2.0,
                joins=True,
            )
        )
        lucky = _reseeded(archive, chosen) if full else []
        steps.append(Step("luck of training", stable, lambda parts, told: luck(lucky, parts), joins=True))
    return steps


def _trained_again(archive: Archive, chosen: Sequence[Way], *, full: bool) -> list[Way]:
    """One strategy on every space, others on the first alone; a quick look takes the first space for all."""
    first = (None, archive.spaces[0].name)
    everywhere = [way for way in chosen if way.strategy == EVERYWHERE and (full or way.space in first)]
    return everywhere + [way for way in chosen if way.strategy in ON_ONE and way.space in first]


def _shrunk(archive: Archive, chosen: Sequence[Way], *, full: bool) -> list[Way]:
    """Nearest neighbours on every space and on the catalogue; of those that are trained the quickest."""
    first = (None, archive.spaces[0].name)
    return [way for way in chosen if way.strategy == KNN or (full and way.strategy in QUICK and way.space in first)]


def _reseeded(archive: Archive, chosen: Sequence[Way]) -> list[Way]:
    """What is trained, on the first space alone."""
    return [way for way in chosen if way.trained and way.space in (None, archive.spaces[0].name)]


def _folded(archive: Archive, chosen: Sequence[Way], *, full: bool) -> list[Way]:
    """Nearest neighbours, which cost nothing to train, on every space; one trained strategy on the first."""
    first = archive.spaces[0].name
    return [way for way in chosen if way.strategy == KNN or (full and (way.strategy, way.space) == (EVERYWHERE, first))]


def _content(archive: Archive, way: Way) -> str | None:
    if way.space is None or way.space == METADATA:
        return archive.sha256
    return archive.space(way.space).sha256
