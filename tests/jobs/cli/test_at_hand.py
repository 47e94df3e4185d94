"""What a job would fail over in a worker is said before it is asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psycopg
import pytest

from domain.errors.base import SegueError
from domain.errors.machine import ExtraMissing, WeightsMissing
from domain.spaces import BACKENDS
from jobs.cli.embed import embed
from jobs.cli.evaluate import evaluate
from jobs.cli.reembed import reembed
from jobs.cli.train import train
from tests.jobs.cli.command import segue
from tests.small_archive import fill

MERT = BACKENDS["mert-95m"]


@pytest.fixture
def settings(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Of an archive that was not asked for anything yet."""
    fill(database_url)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("DELETE FROM jobs")
    known = {"data_dir": str(tmp_path / "data"), "database_url": database_url}
    for name, value in known.items():
        monkeypatch.setenv(f"SEGUE_{name.upper()}", value)
    return known


def jobs(settings: dict[str, str]) -> int:
    with psycopg.connect(settings["database_url"]) as connection:
        [count] = connection.execute("SELECT count(*) FROM jobs").fetchone() or [-1]
    return int(count)


@pytest.mark.parametrize("command", ["embed", "reembed"])
def test_weights_that_are_nowhere_are_named_with_the_remedy(settings: dict[str, str], command: str) -> None:
    ran = segue(command, "--space", MERT.name, **settings)
    said = " ".join(ran.err)
    assert (ran.code, ran.out) == (1, [])
    place = Path(settings["data_dir"], "weights", "mert-95m", MERT.weights[0].name)
    assert f"The weights of 'mert-95m' are not here: '{place}' does not exist." in said
    assert "Fetch them with: segue weights fetch mert-95m, or put " in said
    assert jobs(settings) == 0


def with_weights(settings: dict[str, str]) -> None:
    folder = Path(settings["data_dir"], "weights", "mert-95m")
    folder.mkdir(parents=True)
    for file in MERT.weights:
        (folder / file.name).touch()


WITHOUT_PACKAGES: dict[str, tuple[Callable[[], None], str, str]] = {
    "train": (partial(train, "SHALLOW"), "Training", "ml"),
    "evaluate": (evaluate, "Evaluation", "ml"),
    "embed": (partial(embed, MERT.name), "The backend 'mert-95m'", "backends"),
    "reembed": (partial(reembed, MERT.name), "The backend 'mert-95m'", "backends"),
}


@pytest.mark.parametrize("name", WITHOUT_PACKAGES)
def test_packages_that_are_not_installed_are_named_before_anything_is_asked_for(
    name: str, settings: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command, feature, extra = WITHOUT_PACKAGES[name]
    with_weights(settings)
    for package in ("torch", "transformers"):
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ExtraMissing) as raised:
        command()
    assert str(raised.value) == (
        f"{feature} needs packages that are not installed. Install them with: pip install '.[{extra}]'"
    )
    assert jobs(settings) == 0
    assert "epochs" not in capsys.readouterr().out


def test_workers_elsewhere_may_have_what_is_missing_here(
    settings: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with_weights(settings)
    for package in ("torch", "transformers"):
        monkeypatch.setitem(sys.modules, package, None)
    train("SHALLOW", detach=True)
    assert jobs(settings) == 1
    with psycopg.connect(settings["database_url"], autocommit=True) as connection:
        connection.execute("INSERT INTO workers VALUES ('elsewhere', 1, now() + interval '1 hour')")
    embed(MERT.name)
    assert jobs(settings) == 2
    assert "'mert-95m' holds every track it can" in capsys.readouterr().out


def test_weights_are_asked_for_whoever_works(settings: dict[str, str]) -> None:
    with psycopg.connect(settings["database_url"], autocommit=True) as connection:
        connection.execute("INSERT INTO workers VALUES ('elsewhere', 1, now() + interval '1 hour')")
    with pytest.raises(SegueError) as raised:
        embed(MERT.name)
    assert isinstance(raised.value, WeightsMissing)
    assert jobs(settings) == 0
