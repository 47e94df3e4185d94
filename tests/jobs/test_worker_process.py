"""What a worker's main loop outlasts."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from domain.errors.machine import BrokerUnreachable
from domain.settings import Settings
from jobs.worker_process import _sweep

FULL = psycopg.errors.DiskFull("could not extend file: No space left on device")


@pytest.mark.parametrize(
    "error",
    [OperationalError("SELECT", {}, FULL), FULL, BrokerUnreachable(reason="gone"), ConnectionResetError()],
    ids=["full disk", "full disk of the broker", "no broker", "no network"],
)
def test_it_goes_on_after_what_is_no_fault_of_its_own(
    error: Exception, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def start_lanes() -> int:
        raise error

    _sweep(Settings(data_dir=tmp_path, database_url="postgresql://nowhere.invalid/segue"), start_lanes)
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_mistake_ends_it(tmp_path: Path) -> None:
    def start_lanes() -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        _sweep(Settings(data_dir=tmp_path, database_url="postgresql://nowhere.invalid/segue"), start_lanes)
