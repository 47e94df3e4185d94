"""The bill counts what the Terraform deploys."""

from __future__ import annotations

from domain.billing.tables import measurements, prices
from tests.terraform.deployed_values import FOLDER, block, blocks, default, sizes


def test_sizes_are_those_that_are_deployed() -> None:
    deployed = sizes()
    assert measurements()["api"]["memory_mb"] == deployed["api"]["memory_mb"]
    assert measurements()["ingest"]["memory_mb"] == deployed["ingest"]["memory_mb"]
    worker = measurements()["worker"]
    assert (worker["cores"] * 1024, worker["memory_gb"] * 1024) == (
        deployed["worker"]["cpu"],
        deployed["worker"]["memory_mb"],
    )


def test_alarms_and_dashboards_are_counted() -> None:
    text = "\n".join(file.read_text() for file in FOLDER.glob("*.tf"))
    single = text.count('resource "aws_cloudwatch_metric_alarm"') - 1
    [of_a_list] = [one["alarms"] for one in blocks("locals") if "alarms" in one]
    deployed = measurements()["deployment"]
    assert deployed["alarms"] == single + len(of_a_list)
    assert deployed["dashboards"] == text.count('resource "aws_cloudwatch_dashboard"')
    assert deployed["looks_a_month"] * int(default("queue_look_minutes")) == prices()["hours_a_month"] * 60


def test_prices_are_those_of_the_region_and_the_defaults() -> None:
    assert prices()["region"] == default("region")
    classes = [one["name"] for one in prices()["database"]["classes"]]
    assert classes[0] == default("database_class")
    assert measurements()["assumed"]["worker_idle_seconds"] == 60 * int(default("worker_idle_minutes"))
    assert block("resource", "aws_lambda_function", "api")["architectures"] == ["${var.architecture}"]
    assert default("architecture") == "arm64"
    assert default("worker_spot") in (True, "true")
