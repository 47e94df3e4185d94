"""Packages as they are built: twice the same, for both architectures, small enough, and alive.

In the quick suite with two small libraries in place of all; `make soak` builds the real ones and asks them.
"""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from domain.ids import encode
from terraform.package.contents import check_size
from terraform.package.libraries import PackageUnfit
from terraform.package.target import MACHINES, MARGIN, UNPACKED_LIMIT_BYTES
from tests.api.events import body_of, post
from tests.aws.lambda_runtime import running
from tests.small_archive import fill
from tests.soak import IS_SOAK

PROJECT = Path(__file__).parents[3]
UNCHECKED_HASH = 0b01
# What Lambda's runtime brings.
RUNTIME = (
    "awslambdaric",
    "simplejson",
    "snapshot_restore_py",
    "boto3",
    "botocore",
    "s3transfer",
    "jmespath",
    "urllib3",
)
QUERY = "query($id: ID!) { track(id: $id) { title similar(first: 1) { items { track { title } } } } }"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project itself, or its skeleton with few libraries."""
    if IS_SOAK:
        return PROJECT
    folder = tmp_path_factory.mktemp("project")
    (folder / "pyproject.toml").write_text('[project]\ndependencies = ["orjson", "mangum"]\n')
    shutil.copy(PROJECT / "requirements.lock", folder)
    shutil.copytree(PROJECT / "terraform" / "package", folder / "terraform" / "package")
    for room in ("api", "domain", "jobs", "ml", "sql"):
        (folder / room / "inner").mkdir(parents=True)
        (folder / room / "__init__.py").write_text('"""A room."""\n')
        (folder / room / "inner" / "noun.py").write_text(
            "SET = {'a', 'b', 'c', ''} - {''}\nCHOICES = x in {'d', 'e'}\n"
        )
        (folder / room / "inner" / "table.toml").write_text("a = 1\n")
    return folder


@pytest.fixture(scope="module")
def built(project: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two folders, each with the packages of both architectures."""
    folders = [tmp_path_factory.mktemp(name) for name in ("one", "another")]
    for folder, seed in zip(folders, ("1", "2"), strict=True):
        subprocess.run(
            [sys.executable, "-m", "terraform.package", "--python", sys.executable, "--to", str(folder)],
            cwd=project,
            # Two that hash differently.
            env=os.environ | {"PYTHONHASHSEED": seed},
            check=True,
        )
    return folders


@pytest.mark.parametrize("architecture", MACHINES)
def test_two_builds_are_the_same_byte_for_byte(built: list[Path], architecture: str) -> None:
    one, other = ((folder / f"segue-lambda-{architecture}.zip").read_bytes() for folder in built)
    assert one == other
    told = [json.loads((folder / f"segue-lambda-{architecture}.json").read_text()) for folder in built]
    assert told[0] == told[1]
    assert (told[0]["architecture"], told[0]["zip_bytes"]) == (architecture, len(one))
    assert told[0]["runtime"] == f"python{sys.version_info.major}.{sys.version_info.minor}"


@pytest.mark.parametrize("architecture", MACHINES)
def test_everything_has_its_bytecode_and_none_of_it_is_checked(built: list[Path], architecture: str) -> None:
    with zipfile.ZipFile(built[0] / f"segue-lambda-{architecture}.zip") as packed:
        names = set(packed.namelist())
        sources = {name for name in names if name.endswith(".py")}
        tag = sys.implementation.cache_tag
        compiled = {str(Path(name).parent / "__pycache__" / f"{Path(name).stem}.{tag}.pyc") for name in sources}
        assert compiled == {name for name in names if name.endswith(".pyc")}
        flags = {struct.unpack("<I", packed.read(name)[4:8])[0] for name in compiled}
        assert flags == {UNCHECKED_HASH}
        own = packed.read(f"api/__pycache__/__init__.{tag}.pyc")
        assert b"/var/task/api/__init__.py" in own
    folders = {name.split("/")[0] for name in names}
    assert {"api", "domain", "jobs", "ml", "sql", "mangum", "orjson"} <= folders
    assert folders.isdisjoint({"boto3", "botocore", "pip", "setuptools", "torch", "pytest", "bin"})
    # Compiled for the machine it is for.
    [library] = [name for name in names if name.startswith("orjson/") and name.endswith(".so")]
    assert MACHINES[architecture] in library


@pytest.mark.parametrize("architecture", MACHINES)
def test_unpacked_it_stays_under_the_limit(built: list[Path], architecture: str) -> None:
    with zipfile.ZipFile(built[0] / f"segue-lambda-{architecture}.zip") as packed:
        size = sum(about.file_size for about in packed.infolist())
    told: dict[str, Any] = json.loads((built[0] / f"segue-lambda-{architecture}.json").read_text())
    assert told["unpacked_bytes"] == size
    assert size <= UNPACKED_LIMIT_BYTES * (1 - MARGIN)


def test_what_is_too_large_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(round(UNPACKED_LIMIT_BYTES * (1 - MARGIN)))
    check_size(tmp_path)
    (tmp_path / "one more").write_bytes(b"x")
    with pytest.raises(PackageUnfit, match="237,500,001 bytes; 237,500,000"):
        check_size(tmp_path)


if IS_SOAK:

    def test_the_package_answers_with_what_is_in_it(built: list[Path], database_url: str, tmp_path: Path) -> None:
        """With the system's Python, which has no library of ours."""
        machine = next(name for name, machine in MACHINES.items() if machine == os.uname().machine)
        code, brought = tmp_path / "task", tmp_path / "runtime"
        with zipfile.ZipFile(built[0] / f"segue-lambda-{machine}.zip") as packed:
            packed.extractall(code)
        brought.mkdir()
        site = next(Path(path) for path in sys.path if path.endswith("site-packages"))
        for name in (*RUNTIME, "dateutil", "six.py"):
            (brought / name).symlink_to(site / name)
        for library in site.glob("runtime_client*.so"):
            (brought / library.name).symlink_to(library)
        archive = fill(database_url)
        environment = {"SEGUE_DATABASE_URL": database_url, "SEGUE_DATA_DIR": str(tmp_path / "data")}
        with running(
            "api.handler.handler",
            environment,
            tmp_path / "log",
            code=code,
            timeout_seconds=29,
            interpreter=(getattr(sys, "_base_executable", sys.executable), "-S"),
            paths=[brought],
        ) as function:
            answer = function(post("http_api", QUERY, {"id": encode("Track", archive.tracks["Prelude"])}))
        assert json.loads(body_of(answer))["data"]["track"] == {
            "title": "Prelude",
            "similar": {"items": [{"track": {"title": "Fugue"}}]},
        }
