"""What others check of Terraform: its form, the provider's schema, and what a scanner knows of safety and cost."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.reference import reference
from tests.terraform.hcl import FOLDER, ROOT

CHECKOV = ROOT / ".venv-checkov" / "bin" / "checkov"


def run(*command: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_it_is_written_as_terraform_writes_it() -> None:
    terraform = shutil.which("terraform")
    if terraform is None:
        pytest.skip("terraform is not installed")
    for folder in (FOLDER, ROOT / "tests" / "terraform" / "plans"):
        ended = run(terraform, "fmt", "-check", "-diff", "-recursive", folder, TF_CLI_CONFIG_FILE=os.devnull)
        assert (ended.returncode, ended.stdout) == (0, ""), ended.stderr


def test_the_provider_knows_every_argument() -> None:
    ended = run(sys.executable, reference("terraform", "check"), FOLDER)
    assert re.fullmatch(r"\d+ resources and data sources, 0 findings\n", ended.stdout), ended.stdout + ended.stderr


def test_a_scanner_finds_nothing_that_has_no_reason() -> None:
    if not CHECKOV.exists():
        pytest.skip("the scanner is not here (run tests/terraform/install)")
    ended = run(
        *(CHECKOV, "--directory", FOLDER, "--framework", "terraform", "--output", "json", "--quiet"),
        *("--skip-download",),
    )
    report = json.loads(ended.stdout)
    summary = report["summary"]
    failed = [(one["check_id"], one["resource"]) for one in report["results"].get("failed_checks", [])]
    assert (failed, summary["parsing_errors"]) == ([], 0)
    assert summary["passed"] > 300


def test_each_exception_says_why() -> None:
    exceptions = re.findall(r"#checkov:skip=(\w+):(.*)", "".join(path.read_text() for path in FOLDER.glob("*.tf")))
    assert len(exceptions) > 20
    for check, reason in exceptions:
        assert len(reason.split()) > 4, (check, reason)
        assert reason.strip().endswith("."), (check, reason)


@pytest.mark.parametrize("script", ["run-task", "push-image"])
def test_scripts_can_be_read_and_run(script: str) -> None:
    assert run("bash", "-n", FOLDER / script).returncode == 0
    assert os.access(FOLDER / script, os.X_OK)
