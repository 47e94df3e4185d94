"""What the Terraform deploys, read from its own files: handlers, environments, sizes, and what S3 tells of."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import hcl2

FOLDER = Path(__file__).parents[2] / "terraform"
# A map's entry in the text of an expression: its name, and a string, a variable as text, or a reference.
ENTRY = re.compile(r"(SEGUE_\w+) = (\"[^\"]*\"|tostring\(var\.\w+\)|[\w.]+)")
Hcl = dict[str, Any]  # Any: blocks and values


def block(kind: str, *labels: str) -> Hcl:
    """The one block of a kind with those labels, such as resource, aws_lambda_function, api."""
    [found] = [held for one in blocks(kind) if (held := _inner(one, labels)) is not None]
    return found


def sizes() -> Hcl:
    """Memory and timeouts by process."""
    found: Hcl = json.loads((FOLDER / "sizes.json").read_text())
    return found


def default(variable: str) -> str | int | float | bool:
    """What a variable is where the operator says nothing."""
    return _plain(block("variable", variable)["default"])


def environment(process: str, known: dict[str, str]) -> dict[str, str]:
    """The variables of "api", "ingest" or "worker" in a deployment where nothing is set but `known`: values by
    reference, such as "local.api_database_url". What is only there on a condition is left out."""
    local: Hcl = {name: value for one in blocks("locals") for name, value in one.items()}
    common = dict(local["common_environment"])
    unconditional = str(local[f"{process}_environment"]).split("length(")[0].split("local.curators == null")[0]
    entries = common | dict(ENTRY.findall(unconditional))
    return {name: _value(str(value), known) for name, value in entries.items() if name.startswith("SEGUE_")}


def _value(expression: str, known: dict[str, str]) -> str:
    inner = expression.removeprefix("${").removesuffix("}") if expression.startswith("${") else expression
    if inner.startswith('"'):
        return re.sub(r"\$\{([\w.]+)\}", lambda found: _reference(found[1], known), inner.strip('"'))
    return _reference(inner.removeprefix("tostring(").removesuffix(")"), known)


def _reference(name: str, known: dict[str, str]) -> str:
    return known[name] if name in known else str(default(name.removeprefix("var.")))


def _inner(one: Hcl, labels: tuple[str, ...]) -> Hcl | None:
    for label in labels:
        if f'"{label}"' not in one:
            return None
        one = one[f'"{label}"']
    return one


@cache
def _files() -> list[Hcl]:
    return [hcl2.loads(file.read_text()) for file in sorted(FOLDER.glob("*.tf"))]


def blocks(kind: str) -> list[Hcl]:
    """All blocks of a kind, such as locals."""
    return [one for file in _files() for one in file.get(kind, [])]


def _plain(value: Any) -> Any:  # Any: HCL
    return value.strip('"') if isinstance(value, str) else value
