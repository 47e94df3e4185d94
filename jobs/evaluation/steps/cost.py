"""What each space and each way costs: time to hear and to train, room, time to answer."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

import anyio
import numpy as np
from sqlalchemy import Engine

from domain.experiments import Figure
from domain.recommendations import TrackFilter
from domain.settings import Settings
from jobs.evaluation.archive import Archive, EvaluatedSpace
from jobs.evaluation.figures import number
from jobs.evaluation.parts import Part
from jobs.evaluation.steps.disturbing import SECONDS
from jobs.evaluation.steps.recommending import step_name as recommending_name
from jobs.evaluation.steps.robustness import DISTURBED
from jobs.evaluation.steps.step import Parts, Step
from jobs.evaluation.ways import Way
from sql.database import Database
from sql.retrieval.recommended import PostgresRetrieval

COST = "cost"
LIST_LENGTH = 20
WARM_UP, QUERIES = 5, 40
BYTES_A_NUMBER = 4


def cost_steps(engine: Engine, archive: Archive, chosen: Sequence[Way], settings: Settings) -> list[Step]:
    """One step, never taken over: times are measured, and differ from run to run."""
    return [
        Step(
            "cost",
            {},
            lambda parts, told: costs(engine, archive, chosen, settings, parts),
            weight=1.0 + len(archive.spaces),
            keep=False,
            joins=True,
        )
    ]


def costs(engine: Engine, archive: Archive, chosen: Sequence[Way], settings: Settings, parts: Parts) -> Part:
    """Of each space and of each way that is trained."""
    figures: list[Figure] = []
    latencies = anyio.run(partial(_latencies, settings.database_url or _address(engine), archive, settings))
    for space in archive.spaces:
        size = BYTES_A_NUMBER * space.dimension
        figures.append(_figure("bytes a track", size, space.name, len(archive)))
        hearing = _hearing(space, parts)
        if hearing is not None:
            seconds, tracks, source = hearing
            figures.append(_figure("seconds an hour of audio", seconds, space.name, tracks, source=source))
        found = latencies.get(space.name)
        if found:
            low, high = np.quantile(found, [0.05, 0.95])
            figures.append(
                Figure(
                    part=COST,
                    task="query",
                    metric="milliseconds",
                    value=number(float(np.median(found))),
                    low=number(float(low)),
                    high=number(float(high)),
                    cases=len(found),
                    space=space.name,
                    k=LIST_LENGTH,
                    config={"interval": "5 to 95 % of the queries"},
                )
            )
    for way in chosen:
        part = parts.get(recommending_name(way))
        if way.trained and part is not None:
            figures.append(
                Figure(
                    part=COST,
                    task="training",
                    metric="seconds",
                    value=number(part.about.get("fit_seconds")),
                    cases=1,
                    space=way.space,
                    strategy=way.strategy,
                )
            )
    return Part(figures)


def _figure(metric: str, value: float, space: str, cases: int, **config: str) -> Figure:
    return Figure(
        part=COST, task="space", metric=metric, value=number(value), cases=cases, space=space, config=dict(config)
    )


def _hearing(space: EvaluatedSpace, parts: Parts) -> tuple[float, int, str] | None:
    """Seconds of one worker for an hour of audio, over how many tracks, and who measured it."""
    if space.heard is not None:
        return 3600 * space.heard.seconds / space.heard.audio_seconds, space.heard.tracks, "the jobs that filled it"
    part = parts.get(DISTURBED)
    if part is None or space.name not in part.about["seconds"]:
        return None
    work, heard = part.about["seconds"][space.name]
    return 3600 * work / heard, round(heard / SECONDS), "excerpts, without decoding"


async def _latencies(url: str, archive: Archive, settings: Settings) -> dict[str, list[float]]:
    """Milliseconds of each query for the tracks nearest to one, by space."""
    database = Database(url, size=1, statement_timeout_seconds=60.0)
    try:
        retrieval = PostgresRetrieval(database, exact_below=settings.index_threshold)
        known = await retrieval.spaces()
        found: dict[str, list[float]] = {}
        for space in archive.spaces:
            if space.name not in known or space.drawn:
                continue
            times = []
            for place in range(WARM_UP + QUERIES):
                track = archive.tracks[place * 7 % len(archive)]
                begun = time.perf_counter()
                await retrieval.similar_tracks(known[space.name], track.id, LIST_LENGTH, TrackFilter())
                times.append(1000 * (time.perf_counter() - begun))
            found[space.name] = times[WARM_UP:]
        return found
    finally:
        await database.close()


def _address(engine: Engine) -> str:
    return engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
