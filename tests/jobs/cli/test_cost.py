"""`segue cost`: figures for people and for programs."""

from __future__ import annotations

import json

import pytest

from domain.billing.bill import Archive, bill
from domain.errors.billing import RequestsMisread
from jobs.cli.app import run
from jobs.cli.cost import requests_a_month


def test_the_bill_names_its_parts_and_where_prices_come_from(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cost", "--tracks", "204", "--hours", "25", "--requests", "10000/month"]) == 0
    said = capsys.readouterr().out
    found = bill(Archive(204, 25, 10_000))
    assert f"{found.total:,.2f}" in said
    assert f"stopping saves {found.saved:,.2f}" in said
    assert "eu-central-1 as of 2025-06" in said
    for part in found.parts:
        assert part.name in said


def test_the_same_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--tracks", "5000", "--hours", "610", "--requests", "300/day", "--uploads", "7", "--json"]
    assert run(["cost", *options, "--space", "musicnn-mtt", "--space", "mfcc"]) == 0
    told = json.loads(capsys.readouterr().out)
    archive = Archive(5_000, 610, 9_125, ("musicnn-mtt", "mfcc"), 7)  # 300 · 365 / 12
    assert told["archive"] == {
        "tracks": 5_000,
        "hours": 610.0,
        "requests": 9_125,
        "spaces": ["musicnn-mtt", "mfcc"],
        "uploads": 7,
        "listened_hours": 0.0,
    }
    assert told["total"] == pytest.approx(bill(archive).total, abs=1e-4)
    assert sum(part["usd"] for part in told["parts"]) == pytest.approx(told["total"], abs=1e-3)
    assert told["prices"]["region"] == "eu-central-1"


@pytest.mark.parametrize(
    ("text", "requests"),
    [
        ("10000", 10_000),
        ("10,000/month", 10_000),
        ("300/day", 9_125),
        ("2/hour", 1_460),
        ("0.5/second", 1_314_000),
        ("0/month", 0),
    ],
)
def test_requests_are_counted_by_the_month(text: str, requests: int) -> None:
    assert requests_a_month(text) == requests


@pytest.mark.parametrize("text", ["", "many", "-5/day", "10/week", "1e99", "nan", "10//day"])
def test_what_is_no_number_of_requests_is_refused(text: str) -> None:
    with pytest.raises(RequestsMisread):
        requests_a_month(text)


def test_a_space_that_was_not_measured_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cost", "--tracks", "204", "--hours", "25", "--space", "jukebox"]) == 1
    assert "'jukebox' costs was not measured" in capsys.readouterr().err
