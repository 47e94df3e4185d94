"""Figures as the report writes them."""

from __future__ import annotations

import re

import pytest

from domain.experiments import Figure
from jobs.evaluation.report.charts import Estimate, intervals, tick
from jobs.evaluation.report.text import duration_text, listed, table, value_text, with_interval


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.4794, ".479"),
        (1.0, "1.000"),
        (0.0, ".000"),
        (-0.02, "−.020"),
        (-0.0001, ".000"),
        (12.5, "12.500"),
        (None, "–"),
    ],
)
def test_values_between_minus_one_and_one_have_no_zero_in_front(value: float | None, text: str) -> None:
    assert value_text(value) == text


def test_an_interval_stands_beside_its_value() -> None:
    assert with_interval(Figure("hot", "next track", "ndcg", 0.2, 0.18, 0.22)) == ".200 (.180 to .220)"
    assert with_interval(Figure("hot", "next track", "coverage", 0.2)) == ".200"
    assert with_interval(None) == "–"


def test_lists_read_as_sentences() -> None:
    assert [listed(names) for names in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]


@pytest.mark.parametrize(("seconds", "text"), [(1.25, "1.2 s"), (99.9, "99.9 s"), (600, "10 min"), (7200, "2.0 h")])
def test_times_are_in_units_that_fit(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


@pytest.mark.parametrize(("low", "high", "distance"), [(0, 1, 0.2), (0, 0.47, 0.1), (-0.05, 0.05, 0.02), (0, 30, 10)])
def test_ticks_are_round(low: float, high: float, distance: float) -> None:
    assert tick(low, high) == pytest.approx(distance)


@pytest.mark.parametrize(
    ("highest", "labels"),
    [
        (0.004, ["0", ".001", ".002", ".003", ".004"]),
        (0.47, ["0", ".1", ".2", ".3", ".4", ".5"]),
        (30, ["0", "10", "20", "30"]),
    ],
)
def test_every_tick_can_be_told_from_its_neighbours(highest: float, labels: list[str]) -> None:
    drawn = intervals("Figures", [Estimate("mfcc", highest)])
    assert re.findall(r'<text class="tick"[^>]*>([^<]*)<', drawn) == labels


def test_a_table_names_its_rows_and_columns() -> None:
    html = table("A & B", ["space", "NDCG"], [["mfcc", ".5"]])
    assert "<caption>A &amp; B</caption>" in html
    assert '<th scope="col">space</th><th scope="col">NDCG</th>' in html
    assert '<tr><th scope="row">mfcc</th><td>.5</td></tr>' in html
    assert table("Nothing", ["space"], []) == ""
