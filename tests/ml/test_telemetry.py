"""What libraries would report to their makers stays here."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

# Opens a session as the service does, of the smallest model there is.
OPENED = """
from onnx import TensorProto, helper
from {importing}
value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy"]
graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "same", value[:1], value[1:])
model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
open_session(model.SerializeToString(), {of!r})
"""
BY_ITSELF = "onnxruntime import InferenceSession as open_session"


@pytest.fixture
def homed(tmp_path: Path) -> dict[str, str]:
    """An environment with an empty home. Where tests are known to run, ONNX Runtime reports nothing of itself."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LD_LIBRARY_PATH", "PYTHONPATH")}
    return kept | {"HOME": str(tmp_path)}


def left_behind(environment: dict[str, str], importing: str, of: object) -> list[str]:
    """Names of the files that opening a session leaves in the home."""
    script = OPENED.format(importing=importing, of=of)
    subprocess.run([sys.executable, "-c", script], env=environment, check=True, timeout=120)
    return sorted(path.name for path in Path(environment["HOME"]).rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("importing", "of"),
    [("ml.serving.session import open_session", "0" * 64), ("ml.backends.onnx_graph import open_session", 1)],
    ids=["serving", "hearing"],
)
def test_nothing_is_kept_to_be_reported(homed: dict[str, str], importing: str, of: object) -> None:
    assert left_behind(homed, importing, of) == []


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it keeps its number in other places")
def test_by_itself_it_would_be(homed: dict[str, str]) -> None:
    # Should this fail one day, ONNX Runtime no longer reports, and the switch can go.
    assert "deviceid" in left_behind(homed, BY_ITSELF, None)
