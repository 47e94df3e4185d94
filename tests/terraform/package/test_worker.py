"""The worker's image: its file is well-formed, and its steps make an environment in which a worker works.

There may be no Docker here. So the steps, which are one script, are run in a clean virtual environment (`make soak`: it
installs torch).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.soak import IS_SOAK

PROJECT = Path(__file__).parents[3]
FOLDER = PROJECT / "terraform" / "package"
DOCKERFILE = FOLDER / "Dockerfile"
ROOMS = ("api", "domain", "jobs", "ml", "sql")


def test_hadolint_finds_nothing() -> None:
    hadolint = shutil.which("hadolint", path=os.path.dirname(sys.executable)) or "hadolint"
    done = subprocess.run([hadolint, str(DOCKERFILE)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_is_pinned_and_nobody_is_root_in_it() -> None:
    text = DOCKERFILE.read_text()
    [base] = re.findall(r"^ARG BASE=(\S+)$", text, re.M)
    assert re.fullmatch(r"python:3\.1[23]-slim-\w+", base)
    assert re.findall(r"^FROM (\S+)", text, re.M) == ["${BASE}${BASE_DIGEST}"]
    users = re.findall(r"^USER (\S+)$", text, re.M)
    assert users == ["10001:10001"]
    assert text.index("USER 10001") > text.index("install-worker segue")


def test_every_room_is_in_the_image_and_nothing_else_is_sent() -> None:
    copied = set(re.findall(r"^COPY (?:.* )?(\w+) \1$", DOCKERFILE.read_text(), re.M))
    assert copied == set(ROOMS)
    sent = {line[1:] for line in (FOLDER / "Dockerfile.dockerignore").read_text().splitlines() if line[0] == "!"}
    assert sent == {
        *ROOMS,
        "LICENSE",
        "README.md",
        "pyproject.toml",
        "requirements.lock",
        "terraform/package/install-worker",
    }


def test_the_steps_are_well_formed() -> None:
    script = FOLDER / "install-worker"
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", str(script)], check=True)
    wrong = subprocess.run(
        [str(script), "nothing", "nowhere"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert (wrong.returncode, wrong.stderr) == (2, "install-worker libraries|segue FOLDER\n")


if IS_SOAK:

    def test_the_steps_make_an_environment_in_which_a_worker_starts(database_url: str, tmp_path: Path) -> None:
        project, environment = tmp_path / "segue", tmp_path / "venv"
        for name in (*ROOMS, "pyproject.toml", "requirements.lock", "README.md", "LICENSE", "terraform/package"):
            source, target = PROJECT / name, project / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
        base = getattr(sys, "_base_executable", sys.executable)
        known = {name: value for name, value in os.environ.items() if name.startswith("PIP_") or name == "PATH"}
        for step in ("libraries", "segue"):
            subprocess.run(
                ["terraform/package/install-worker", step, str(environment)],
                cwd=project,
                env=known | {"PYTHON": base, "HOME": str(tmp_path)},
                check=True,
            )
        told = known | {
            "SEGUE_DATABASE_URL": database_url,
            "SEGUE_DATA_DIR": str(tmp_path / "data"),
            "HOME": str(tmp_path),
        }
        segue = [str(environment / "bin" / "segue")]
        # Training and pretrained models are there, and S3; what develops Segue is not.
        found = subprocess.run(
            [str(environment / "bin" / "python"), "-c", "import torch, transformers, boto3, jobs.worker_process"],
            env=told,
            cwd=tmp_path,
            check=False,
        )
        assert found.returncode == 0
        doctor = subprocess.run([*segue, "doctor"], env=told, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert doctor.returncode == 0, doctor.stdout
        assert not (environment / "bin" / "pytest").exists()
