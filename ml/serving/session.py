"""How ONNX Runtime runs a trained model: on one core, the same numbers every time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.errors.artefacts import ArtefactDamaged

if TYPE_CHECKING:
    import onnxruntime  # type: ignore[import-untyped]  # ships no types

FATAL = 4


def open_session(model: bytes, of: str) -> onnxruntime.InferenceSession:
    """A session that runs `model` in the thread that asks; several threads may ask at once. `of` is the SHA-256 of the
    artefact that the model comes from. Raises ArtefactDamaged."""
    # Only here: it takes 50 ms of every start, and an archive without trained models never needs it.
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    # Histories differ in length: memory planned for one of them is of no use to the next.
    options.enable_mem_pattern = False
    # What goes wrong is raised; the service's log is not ONNX Runtime's.
    options.log_severity_level = FATAL
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its exceptions have no class in common
        raise ArtefactDamaged(name=of, reason=str(error)) from error
