"""The Terraform as it is written: its blocks, and the text of its files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import hcl2

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "terraform"
Body = dict[str, Any]  # Any: HCL


@cache
def files() -> dict[str, str]:
    """The text of each file, without comments."""
    return {path.name: re.sub(r"(?m)^\s*#.*$", "", path.read_text()) for path in sorted(FOLDER.glob("*.tf"))}


@cache
def _trees() -> list[Body]:
    return [hcl2.loads(path.read_text()) for path in sorted(FOLDER.glob("*.tf"))]


def blocks(kind: str) -> Iterator[tuple[str, str, Body]]:
    """Type, name and body of each "resource" or "data"; of a "variable" or "output" the name is its type, too."""
    for tree in _trees():
        for entry in tree.get(kind, []):
            for label, inner in entry.items():
                if kind in ("resource", "data"):
                    for name, body in inner.items():
                        yield label.strip('"'), name.strip('"'), body
                else:
                    yield label.strip('"'), label.strip('"'), inner


def resource(type_: str, name: str) -> Body:
    """One resource's body."""
    [found] = [body for kind, named, body in blocks("resource") if (kind, named) == (type_, name)]
    return found


def names(kind: str) -> set[str]:
    """Names of all variables, or outputs."""
    return {name for _, name, _ in blocks(kind)}


def sizes() -> Body:
    """The table of memory, processors and timeouts."""
    found: Body = json.loads((FOLDER / "sizes.json").read_text())
    return found


def local(name: str) -> Any:  # Any: HCL
    """The value of a local, as text where it is an expression."""
    [found] = [body[name] for tree in _trees() for body in tree.get("locals", []) if name in body]
    return found


def statements(document: str) -> list[Body]:
    """The statements of a policy."""
    [found] = [body for kind, name, body in blocks("data") if (kind, name) == ("aws_iam_policy_document", document)]
    return list(found.get("statement", []))


def texts(values: Any) -> list[str]:  # Any: HCL
    """Strings of a list, without quotation marks."""
    return [str(value).strip('"') for value in ([values] if isinstance(values, str) else values)]


def actions(document: str, service: str = "") -> set[str]:
    """What a policy allows, of one service such as "s3:", or of all."""
    allowed = [one for one in statements(document) if one.get("effect") != '"Deny"']
    return {action for one in allowed for action in texts(one["actions"]) if action.startswith(service)}
