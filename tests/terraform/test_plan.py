"""Terraform itself makes whole deployments, against stand-ins of the provider and of what AWS answers."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reference import reference
from tests.terraform.hcl import FOLDER, blocks
from tests.terraform.provider import provider

PLANS = Path(__file__).parent / "plans"
EXAMPLES = ("terraform.tfvars.example", "terraform.tfvars.busy.example")
# What the two programs would answer that a release calls, and what they were called with.
AWS = """#!/bin/sh
echo "aws $*" >> "$CALLS"
case "$*" in
  "ecr describe-images"*) exit 1 ;;
  "ecr get-login-password") echo password ;;
  "ecs run-task"*) echo arn:aws:ecs:eu-central-1:123456789012:task/segue/7 ;;
  "ecs describe-tasks"*) printf 'STOPPED\\t%s\\tEssential container exited\\n' "${EXIT:-0}" ;;
  "ecs describe-task-definition"*) echo 0.1.0 ;;
  "logs filter-log-events"*) printf 'The database is at schema 0014\\tDone\\n' ;;
esac
"""
DOCKER = """#!/bin/sh
echo "docker $*" >> "$CALLS"
case "$1" in login) cat >/dev/null ;; image) echo "${BUILT:-arm64}" ;; esac
"""


@pytest.fixture(scope="module")
def terraform() -> str:
    found = shutil.which("terraform")
    if found is None:
        pytest.skip("terraform is not installed")
    return found


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with stand-ins of the commands that a release needs."""
    folder = tmp_path_factory.mktemp("programs")
    for name, text in (("aws", AWS), ("docker", DOCKER)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, terraform: str, programs: Path) -> Path:
    """A copy of the Terraform that keeps no state elsewhere and may be taken down, and two packages for it."""
    folder = tmp_path_factory.mktemp("terraform")
    for path in (*FOLDER.glob("*.tf"), FOLDER / "sizes.json", FOLDER / "run-task", FOLDER / "push-image"):
        shutil.copy(path, folder)
    for name, change in (("versions.tf", r'backend "s3" {}'), ("storage.tf", r"prevent_destroy = true")):
        path = folder / name
        assert change in path.read_text()
        path.write_text(path.read_text().replace(change, ""))
    for name, deployable in (("package", True), ("undeployable", False)):
        (folder / name).mkdir()
        (folder / name / "segue-lambda-arm64.zip").write_text("zip")
        about = {"runtime": "python3.13", "architecture": "arm64", "sha256": "5e60e", "deployable": deployable}
        (folder / name / "segue-lambda-arm64.json").write_text(json.dumps(about))
    shutil.copytree(PLANS, folder / "tests")
    for number, example in enumerate(EXAMPLES):
        (folder / "tests" / f"example{number}.tftest.hcl").write_text(_as_plan((FOLDER / example).read_text()))
    return folder


@pytest.fixture(scope="module")
def reattach() -> Iterator[str]:
    """Where Terraform finds the provider: what the schema says of the resources that we use."""
    schema = json.loads(gzip.decompress(reference("terraform", "aws-provider-6.62.json.gz").read_bytes()))
    used = {kind for kind, _, _ in blocks("resource")} | {f"data.{kind}" for kind, _, _ in blocks("data")}
    with provider({name: schema[name] for name in used if name in schema}) as found:
        yield found


@pytest.fixture(scope="module")
def environment(reattach: str, programs: Path) -> dict[str, str]:
    return os.environ | {
        "TF_REATTACH_PROVIDERS": reattach,
        "TF_CLI_CONFIG_FILE": os.devnull,
        "CHECKPOINT_DISABLE": "1",
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
    }


def run(terraform: str, folder: Path, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [terraform, *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=250, check=False
    )


def test_it_is_valid(terraform: str, folder: Path, environment: dict[str, str]) -> None:
    said = json.loads(run(terraform, folder, environment, "validate", "-json").stdout)
    assert (said["valid"], said["diagnostics"]) == (True, [])


@pytest.mark.slow
def test_deployments_are_what_they_should_be(
    terraform: str, folder: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    calls = tmp_path / "calls"
    ended = run(terraform, folder, environment | {"CALLS": str(calls)}, "test", "-no-color")
    runs = len(re.findall(r'(?m)^run "', (PLANS / "deployment.tftest.hcl").read_text())) + len(EXAMPLES)
    assert f"Success! {runs} passed, 0 failed." in ended.stdout, ended.stdout + ended.stderr
    # For each release that is applied: the image is there before the migration runs.
    called = [line for line in calls.read_text().splitlines() if line.startswith(("docker push", "aws ecs run-task"))]
    repository = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/segue-worker"
    assert called[0] == f"docker push {repository}:0.1.0"
    assert [line.split()[:3] for line in called[:4]] == [
        ["docker", "push", f"{repository}:0.1.0"],
        ["aws", "ecs", "run-task"],
        ["docker", "push", f"{repository}:0.2.0"],
        ["aws", "ecs", "run-task"],
    ]
    assert '--overrides {"containerOverrides": [{"name": "migrate"}]}' in called[1]
    assert "--cluster segue " in called[1]


def test_an_image_for_other_processors_is_not_pushed(programs: Path, tmp_path: Path) -> None:
    """Its migration could not begin, and the release's tag would be taken."""
    calls = tmp_path / "calls"
    given = {
        "IMAGE": "segue:latest",
        "REPOSITORY": "1.example/segue-worker",
        "TAG": "0.1.0",
        "AWS_REGION": "eu-central-1",
    }

    def push(**environment: str) -> subprocess.CompletedProcess[str]:
        path = f"{programs}{os.pathsep}{os.environ['PATH']}"
        known = {"PATH": path, "CALLS": str(calls)} | given | environment
        return subprocess.run([FOLDER / "push-image"], env=known, capture_output=True, text=True, check=False)

    refused = push(ARCHITECTURE="x86_64")
    assert (refused.returncode, refused.stderr) == (
        1,
        "The image 'segue:latest' is built for arm64, and the workers are x86_64. Build it again:"
        " ARCHITECTURE=x86_64 make package\n",
    )
    assert "docker push" not in calls.read_text()
    assert push(ARCHITECTURE="x86_64", BUILT="amd64").returncode == 0
    assert "docker push 1.example/segue-worker:0.1.0" in calls.read_text()


def test_a_task_tells_what_became_of_it(programs: Path, tmp_path: Path) -> None:
    given = {
        "AWS_REGION": "eu-central-1",
        "CLUSTER": "segue",
        "SUBNETS": "subnet-1,subnet-2",
        "SECURITY_GROUPS": "sg-1",
    }
    about = {"LOG_GROUP": "/aws/ecs/segue/tasks", "FAMILY": "segue", "CALLS": str(tmp_path / "calls")}

    def task(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        path = f"{programs}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            [FOLDER / "run-task", *arguments],
            env={"PATH": path} | given | about | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    ended = task("train", "train", "BERT4REC", "--set", "epochs=3")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines() == ["Task 'train' runs as 7", "The database is at schema 0014", "Done"]
    calls = (tmp_path / "calls").read_text()
    assert '{"name": "train", "command": ["train", "BERT4REC", "--set", "epochs=3"]}' in calls
    assert "--task-definition segue-train --launch-type FARGATE" in calls
    assert "awsvpcConfiguration={subnets=[subnet-1,subnet-2],securityGroups=[sg-1],assignPublicIp=ENABLED}" in calls
    assert "--log-group-name /aws/ecs/segue/tasks " in calls
    failed = task("worker", "doctor", EXIT="1")
    assert (failed.returncode, failed.stderr) == (
        1,
        "The task 'worker' failed (exit status 1): Essential container exited\n",
    )
    assert "--log-group-name /aws/ecs/segue/worker " in (tmp_path / "calls").read_text()
    # One that never began has no exit status, and is tried again.
    (tmp_path / "calls").unlink()
    never = task("migrate", EXIT="None", PAUSE_SECONDS="0")
    assert (never.returncode, never.stderr.splitlines()) == (
        1,
        ["Task 'migrate' did not begin: Essential container exited"] * 3 + ["The task 'migrate' could not be started"],
    )
    assert (tmp_path / "calls").read_text().count("aws ecs run-task") == 3


def _as_plan(example: str) -> str:
    given = f'{example}\npackage_folder = "./package"\n'
    mocks = 'mock_provider "aws" {\n  source = "./tests/answers"\n}\n'
    return f'{mocks}variables {{\n{given}}}\nrun "example" {{\n  command = plan\n}}\n'
