"""Builds ONNX models node by node, and runs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
import onnxruntime  # type: ignore[import-untyped]  # ships no types
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

# Supported by every ONNX Runtime from 1.14.
OPSET = 18
IR_VERSION = 8


class Graph:
    """Collects nodes and constants; what `add` returns is the name of the node's output."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[TensorProto] = []

    def add(
        self,
        operator: str,
        inputs: Sequence[str | NDArray[np.generic]],
        *,
        name: str = "",
        **attributes: int | list[int],
    ) -> str:
        output = name or f"{operator.lower()}_{len(self._nodes)}"
        names = [self._constant(value) if isinstance(value, np.ndarray) else value for value in inputs]
        self._nodes.append(helper.make_node(operator, names, [output], None, None, None, None, **attributes))
        return output

    def serialized(self, inputs: Mapping[str, Sequence[int]], outputs: Mapping[str, int]) -> bytes:
        """The model, from `inputs` (patches, …) to `outputs` (patches, size)."""
        given = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["patches", *shape])
            for name, shape in inputs.items()
        ]
        described = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["patches", size]) for name, size in outputs.items()
        ]
        graph = helper.make_graph(self._nodes, self._name, given, described, self._constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString())

    def _constant(self, value: NDArray[np.generic]) -> str:
        name = f"constant_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(value, name))
        return name


def open_session(model: bytes, threads: int) -> onnxruntime.InferenceSession:
    """A session that runs `model` on `threads` cores."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # A thread that waits for work must not take the core from the decoder or another worker.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
