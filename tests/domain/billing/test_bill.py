"""The bill: each part by its arithmetic, and what it is made of by what is deployed."""

from __future__ import annotations

import math

import pytest

from domain.billing.bill import Archive, Bill, bill, space_cost
from domain.billing.database import database_gb, smallest_class
from domain.billing.tables import database_classes, measurements, prices
from domain.billing.worker import WorkerSize, hearing_hours, worker_size
from domain.errors.billing import SpaceNotMeasured
from domain.errors.machine import BackendNotFound
from domain.spaces import BACKENDS

SMALL = Archive(tracks=204, hours=25, requests=10_000)


def usd(found: Bill, name: str) -> float:
    [part] = [part for part in found.parts if part.name == name]
    return part.usd


def test_the_smallest_deployment_costs_less_than_25_dollars() -> None:
    found = bill(SMALL)
    assert found.total - found.allowance < 25
    assert {part.name for part in found.parts} == {
        "Database",
        "Its disk",
        "Its secret",
        "API function",
        "Ingest function",
        "Gateway",
        "Workers",
        "Recordings and snapshots",
        "To the internet",
        "The worker's image",
        "Watching",
    }
    assert found.total == pytest.approx(sum(part.usd for part in found.parts))


def test_the_database_is_the_smallest_that_holds_what_is_searched() -> None:
    micro = prices()["database"]["classes"][0]
    found = bill(SMALL)
    assert usd(found, "Database") == pytest.approx(micro["hour"] * 730)
    # The least that RDS gives.
    assert usd(found, "Its disk") == pytest.approx(20 * prices()["database"]["gp3_gb_month"])
    for searched, name in (
        (0.5, "db.t4g.micro"),
        (0.51, "db.t4g.small"),
        (2.1, "db.t4g.large"),
        (1e6, "db.r7g.4xlarge"),
    ):
        assert smallest_class(searched).name == name
    assert [one.hour for one in database_classes()] == sorted(one.hour for one in database_classes())


def test_vectors_are_counted_with_their_indexes() -> None:
    rows = measurements()["rows"]
    one_hour = database_gb(1, 1, ["musicnn-mtt"], with_catalogue=False)
    # 200 numbers of four bytes, in the table and in the index; a segment is five patches of 2.992 s; the last of a
    # track counts half.
    segments = 3600 / (5 * 2.992) + 0.5
    searched = (1600 + rows["track"] + rows["index"]) + segments * (1600 + rows["segment"] + rows["index"])
    assert one_hour.searched_gb == pytest.approx(searched / 1e9)
    patches = 3600 / 2.992 * 2 * 200 * rows["patch_share"]
    assert one_hour.stored_gb == pytest.approx((searched + patches) / 1e9)
    assert database_gb(10, 10, ["musicnn-mtt"], with_catalogue=False).searched_gb == pytest.approx(10 * searched / 1e9)
    with_catalogue = database_gb(1, 1, ["musicnn-mtt"]).stored_gb - one_hour.stored_gb
    assert with_catalogue == pytest.approx(rows["catalogue_of_track"] / 1e9)


def test_requests_are_paid_by_the_second_and_by_the_piece() -> None:
    api, cold = measurements()["api"], measurements()["assumed"]["cold_share"]
    seconds = api["warm_seconds"] + cold * api["cold_seconds"]
    price = prices()["function"]
    by_request = seconds * api["memory_mb"] / 1024 * price["gb_second"] + price["request"]
    for requests in (0, 10_000, 3_000_000):
        found = bill(Archive(204, 25, requests))
        assert usd(found, "API function") == pytest.approx(requests * by_request)
        assert usd(found, "Gateway") == pytest.approx(requests * prices()["gateway"]["request"])


def test_a_worker_is_paid_while_it_hears_starts_and_waits_to_be_stopped() -> None:
    assumed = measurements()["assumed"]
    size = worker_size(["musicnn-mtt"])
    rate = measurements()["spaces"]["rates"]["musicnn-mtt"]
    found = bill(Archive(200, 100, 0, uploads=20))
    # Twenty tracks of half an hour, which arrive ten at a time.
    hours = 20 * 0.5 / (rate * size.cores)
    hours += 2 * (assumed["worker_start_seconds"] + assumed["worker_idle_seconds"]) / 3600
    assert found.worker_a_month == pytest.approx(hours * size.hour(spot=True))
    assert found.once == pytest.approx(100 / (rate * size.cores) * size.hour(spot=True))
    assert found.always_on == pytest.approx(730 * size.hour(spot=False))
    assert found.saved == pytest.approx(found.always_on - found.worker_a_month)


def test_an_archive_that_nobody_adds_to_needs_no_worker() -> None:
    assert usd(bill(Archive(204, 25, 10_000, uploads=0)), "Workers") == 0


def test_a_worker_is_as_large_as_its_largest_space_wants() -> None:
    price = prices()["worker"]
    assert WorkerSize(2, 12).hour(spot=False) == pytest.approx(
        2 * price["core_hour"] + 12 * price["gb_hour"] + price["address_hour"]
    )
    deployed = measurements()["worker"]
    assert worker_size([]) == WorkerSize(deployed["cores"], deployed["memory_gb"])
    memory = measurements()["spaces"]["memory_mb"]["mert-330m"]
    assert worker_size(["musicnn-mtt", "mert-330m"]).memory_gb == max(
        deployed["memory_gb"], math.ceil((memory + 1024) / 1024)
    )


def test_a_second_space_costs_what_it_takes_to_hear_and_to_keep() -> None:
    one, two = bill(SMALL), bill(Archive(204, 25, 10_000, ("musicnn-mtt", "mert-330m")))
    assert two.once > one.once
    cost = space_cost("mert-330m", 204, 25)
    size = worker_size(["mert-330m"])
    assert cost.once == pytest.approx(hearing_hours("mert-330m", 25, size) * size.hour(spot=True))
    assert space_cost("mert-330m", 2_040, 250).once == pytest.approx(10 * cost.once)
    assert cost.month > space_cost("musicnn-mtt", 204, 25).month


def test_every_backend_that_runs_without_a_gpu_is_measured() -> None:
    measured = measurements()["spaces"]
    without = {name for name, facts in BACKENDS.items() if not facts.needs_gpu}
    assert set(measured["rates"]) == set(measured["memory_mb"]) == without


def test_what_is_not_known_is_named() -> None:
    with pytest.raises(SpaceNotMeasured, match="jukebox"):
        bill(Archive(204, 25, 10, ("jukebox",)))
    with pytest.raises(BackendNotFound):
        bill(Archive(204, 25, 10, ("nothing",)))


def test_what_aws_gives_is_never_more_than_what_it_asks() -> None:
    for requests in (0, 10_000, 10**9):
        found = bill(Archive(204, 25, requests, listened_hours=1_000))
        assert 0 < found.allowance < found.total
