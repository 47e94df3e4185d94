"""Which libraries, and which of their files, go into a package."""

from __future__ import annotations

from pathlib import Path

import pytest

from terraform.package.libraries import PackageUnfit, check_versions, dependencies, is_needed
from terraform.package.target import MACHINES, UNPACKED_LIMIT_BYTES, Target

PROJECT = Path(__file__).parents[3]


def test_what_the_api_needs_is_what_pyproject_says() -> None:
    names = {line.split(">")[0].split("[")[0] for line in dependencies(PROJECT)}
    assert {"mangum", "psycopg", "onnxruntime", "strawberry-graphql"} <= names
    assert names.isdisjoint({"boto3", "torch", "sqlmodel", "uvicorn", "librosa"})


@pytest.mark.parametrize(
    ("path", "needed"),
    [
        ("numpy/__init__.py", True),
        ("numpy.libs/libopenblas.so", True),
        ("numpy-2.4.6.dist-info/METADATA", True),
        ("numpy-2.4.6.dist-info/RECORD", False),
        ("numpy/_core/tests/test_x.py", False),
        ("numpy/__init__.pyi", False),
        ("numpy/_core/include/numpy/arrayobject.h", False),
        ("tests/a.py", True),  # a library of that name, though none is known
        ("orjson/__pycache__/x.cpython-311.pyc", False),
        ("bin/f2py", False),
        ("pydantic/plugin/_loader.py", True),
    ],
)
def test_what_develops_a_library_stays_away(path: str, needed: bool) -> None:
    assert is_needed(Path(path)) is needed


@pytest.mark.parametrize(
    ("installed", "told"),
    [
        ("mangum-0.22.0", None),
        ("Pydantic_Core-2.50.4", None),
        ("mangum-0.21.0", "is not what requirements.lock says"),
        ("leftpad-1.0", "is not what requirements.lock says"),
        ("boto3-1.44.5", "does not belong"),
    ],
)
def test_every_library_is_one_of_the_lock_in_its_version(tmp_path: Path, installed: str, told: str | None) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text("# comment\nmangum==0.22.0\npydantic_core==2.50.4\nboto3==1.44.5\n")
    (tmp_path / "packages" / f"{installed}.dist-info").mkdir(parents=True)
    if told is None:
        check_versions(tmp_path / "packages", lock)
    else:
        with pytest.raises(PackageUnfit, match=told):
            check_versions(tmp_path / "packages", lock)


def test_wheels_are_those_that_run_on_lambda() -> None:
    tags = Target("arm64", MACHINES["arm64"], "3.13").platforms
    assert tags[0] == "manylinux_2_34_aarch64"
    assert {"manylinux_2_28_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64"} <= set(tags)
    assert not any("musl" in tag or "2_35" in tag or "x86_64" in tag for tag in tags)


@pytest.mark.parametrize(("python", "deployable"), [("3.11", False), ("3.12", True), ("3.13", True)])
def test_a_runtime_that_is_too_old_is_told(python: str, deployable: bool) -> None:
    target = Target("x86_64", MACHINES["x86_64"], python)
    assert (target.runtime, target.is_deployable) == (f"python{python}", deployable)


def test_the_limit_is_lambdas() -> None:
    assert UNPACKED_LIMIT_BYTES == 250 * 1000 * 1000
