"""A month's bill of a deployment, part by part, and what hearing the archive for the first time costs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.billing.database import database_gb, smallest_class
from domain.billing.tables import measurements, prices
from domain.billing.worker import WorkerSize, hearing_hours, worker_size
from domain.spaces import DEFAULT_SPACE

MEGA = 1e6


@dataclass(frozen=True, slots=True)
class Archive:
    """What is served: `hours` of music in so many tracks, in these spaces; in a month `requests` are answered,
    `uploads` tracks arrive, and listeners hear `listened_hours` from the bucket."""

    tracks: int
    hours: float
    requests: int
    spaces: tuple[str, ...] = (DEFAULT_SPACE,)
    uploads: int | None = None
    listened_hours: float = 0.0

    @property
    def uploads_a_month(self) -> int:
        """What was said, else a share of the archive, and one at least."""
        if self.uploads is not None:
            return self.uploads
        share: float = measurements()["assumed"]["uploads_share"]
        return math.ceil(self.tracks * share)


@dataclass(frozen=True, slots=True)
class Part:
    """One line: what is counted, and dollars a month."""

    name: str
    counted: str
    usd: float


@dataclass(frozen=True, slots=True)
class Bill:
    """Dollars. `parts` are a month's; `allowance` is what the account gets of them for nothing; `once` is the first
    hearing of the archive; `always_on` what a worker that is never stopped would take in place of one that is."""

    parts: Sequence[Part]
    allowance: float
    once: float
    once_hours: float
    worker_a_month: float
    always_on: float

    @property
    def total(self) -> float:
        return sum(part.usd for part in self.parts)

    @property
    def saved(self) -> float:
        """By workers that stop when there is nothing to do, in a month."""
        return self.always_on - self.worker_a_month


def bill(archive: Archive) -> Bill:
    """Raises BackendNotFound for a space that is not known, and SpaceNotMeasured."""
    size = worker_size(archive.spaces)
    once_hours = sum(hearing_hours(space, archive.hours, size) for space in archive.spaces)
    worked = _worker_hours(archive, size)
    parts = [
        *_database(archive),
        *_functions(archive),
        Part(
            "Workers",
            f"{worked:.1f} h of {size.cores} core, {size.memory_gb} GB, on spare capacity",
            worked * size.hour(spot=True),
        ),
        *_storage(archive),
        *_watching(archive),
    ]
    return Bill(
        parts=parts,
        allowance=_allowance(archive),
        once=once_hours * size.hour(spot=True),
        once_hours=once_hours,
        worker_a_month=worked * size.hour(spot=True),
        # One that is to be there always is not left to spare capacity.
        always_on=prices()["hours_a_month"] * size.hour(spot=False),
    )


@dataclass(frozen=True, slots=True)
class SpaceCost:
    """What one more space costs, in dollars: heard once, and kept and filled for a month."""

    once: float
    month: float


def space_cost(space: str, tracks: int, hours: float) -> SpaceCost:
    """What a space costs an archive beside what it pays anyway. Raises as `bill`."""
    size = worker_size((space,))
    archive = Archive(tracks, hours, 0, (space,))
    heard_anew = hearing_hours(space, hours * archive.uploads_a_month / max(tracks, 1), size)
    kept = database_gb(archive.tracks, archive.hours, (space,), with_catalogue=False)
    # What the vectors add to the database's memory is paid in steps, by the class: charged in proportion.
    one = smallest_class(kept.searched_gb)
    share = kept.searched_gb / (one.memory_gb / 2)
    month = heard_anew * size.hour(spot=True) + kept.stored_gb * prices()["database"]["gp3_gb_month"]
    month += share * one.hour * prices()["hours_a_month"]
    return SpaceCost(once=hearing_hours(space, hours, size) * size.hour(spot=True), month=month)


def _database(archive: Archive) -> Iterator[Part]:
    price = prices()["database"]
    size = database_gb(archive.tracks, archive.hours, archive.spaces)
    chosen = smallest_class(size.searched_gb)
    disk = max(20, math.ceil(2 * size.stored_gb))
    yield Part(
        "Database", f"{chosen.name}, {size.searched_gb:.2f} GB are searched", chosen.hour * prices()["hours_a_month"]
    )
    yield Part("Its disk", f"{disk} GB, backups of its size included", disk * price["gp3_gb_month"])
    yield Part("Its secret", "one, of the administrator", price["secret_month"])


def _functions(archive: Archive) -> Iterator[Part]:
    price, gateway = prices()["function"], prices()["gateway"]
    api_seconds, ingest_seconds = _function_gb_seconds(archive)
    looks = measurements()["deployment"]["looks_a_month"]
    yield Part(
        "API function",
        f"{archive.requests:,} requests, {api_seconds:,.0f} GB·s",
        api_seconds * price["gb_second"] + archive.requests * price["request"],
    )
    calls = archive.uploads_a_month + looks
    yield Part(
        "Ingest function",
        f"{archive.uploads_a_month:,} uploads, {looks:,} looks at the queue",
        ingest_seconds * price["gb_second"] + calls * price["request"],
    )
    yield Part("Gateway", f"{archive.requests:,} requests", archive.requests * gateway["request"])


def _function_gb_seconds(archive: Archive) -> tuple[float, float]:
    """Of the API and of the ingest function. An instance that starts is paid for from its first import."""
    api, ingest, assumed = (measurements()[name] for name in ("api", "ingest", "assumed"))
    seconds = api["warm_seconds"] + assumed["cold_share"] * api["cold_seconds"]
    calls = archive.uploads_a_month + measurements()["deployment"]["looks_a_month"]
    return (
        archive.requests * seconds * api["memory_mb"] / 1024,
        calls * ingest["seconds"] * ingest["memory_mb"] / 1024,
    )


def _worker_hours(archive: Archive, size: WorkerSize) -> float:
    assumed = measurements()["assumed"]
    new_hours = archive.hours * archive.uploads_a_month / max(archive.tracks, 1)
    heard = sum(hearing_hours(space, new_hours, size) for space in archive.spaces)
    starts = math.ceil(archive.uploads_a_month / assumed["uploads_a_start"])
    return float(heard + starts * (assumed["worker_start_seconds"] + assumed["worker_idle_seconds"]) / 3600)


def _storage(archive: Archive) -> Iterator[Part]:
    price, assumed = prices()["storage"], measurements()["assumed"]
    audio = archive.hours * assumed["audio_mb_hour"] / 1000
    vectors = database_gb(archive.tracks, archive.hours, archive.spaces, with_catalogue=False).stored_gb
    yield Part(
        "Recordings and snapshots",
        f"{audio:,.1f} GB of audio, {vectors:.2f} GB of vectors",
        (audio + vectors) * price["gb_month"] + archive.uploads_a_month * (price["put"] + 2 * price["get"]),
    )
    out = _out_gb(archive)
    yield Part("To the internet", f"{out:.2f} GB of answers and music", out * price["out_gb"])
    image = measurements()["worker"]["image_gb"]
    yield Part("The worker's image", f"{image:.1f} GB", image * prices()["image"]["gb_month"])


def _out_gb(archive: Archive) -> float:
    api, assumed = measurements()["api"], measurements()["assumed"]
    music = archive.listened_hours * assumed["audio_mb_hour"] / 1000
    return float(archive.requests * api["answer_kb"] / MEGA + music)


def _log_gb(archive: Archive) -> float:
    calls = archive.requests + measurements()["deployment"]["looks_a_month"] + 20 * archive.uploads_a_month
    return float(calls * measurements()["api"]["log_kb"] / MEGA)


def _watching(archive: Archive) -> Iterator[Part]:
    price, deployed = prices()["watching"], measurements()["deployment"]
    usd = deployed["alarms"] * price["alarm_month"] + deployed["dashboards"] * price["dashboard_month"]
    usd += deployed["metrics"] * price["metric_month"] + _log_gb(archive) * price["log_gb"]
    counted = f"{deployed['alarms']} alarms, {deployed['dashboards']} dashboard, {deployed['metrics']} metrics"
    yield Part("Watching", f"{counted}, {_log_gb(archive):.2f} GB of logs", usd)


def _allowance(archive: Archive) -> float:
    """Dollars of the above that the account is not asked for, when it does nothing else."""
    free, watching, deployed = prices()["allowance"], prices()["watching"], measurements()["deployment"]
    calls = archive.requests + archive.uploads_a_month + deployed["looks_a_month"]
    return float(
        min(sum(_function_gb_seconds(archive)), free["function_gb_seconds"]) * prices()["function"]["gb_second"]
        + min(calls, free["function_requests"]) * prices()["function"]["request"]
        + min(deployed["metrics"], free["metrics"]) * watching["metric_month"]
        + min(deployed["alarms"], free["alarms"]) * watching["alarm_month"]
        + min(deployed["dashboards"], free["dashboards"]) * watching["dashboard_month"]
        + min(_log_gb(archive), free["log_gb"]) * watching["log_gb"]
        + min(_out_gb(archive), free["out_gb"]) * prices()["storage"]["out_gb"]
    )
