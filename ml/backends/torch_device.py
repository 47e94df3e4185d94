"""Where torch computes, and how precisely."""

from __future__ import annotations

import torch

from domain.errors.machine import DeviceMissing, GpuNeeded
from domain.spaces import BackendFacts


def choose_device(facts: BackendFacts, asked: str) -> torch.device:
    """The device for "cpu", "cuda", or "auto": a GPU where there is one.

    Raises DeviceMissing where "cuda" was asked for and is not there, GpuNeeded where there is none for a backend that
    a CPU cannot run in reasonable time.
    """
    available = torch.cuda.is_available()
    if asked == "cuda" and not available:
        reason = "torch finds no GPU" if torch.version.cuda else "the installed torch is built without CUDA"
        raise DeviceMissing(device=asked, reason=reason)
    if asked != "cpu" and available:
        return torch.device("cuda")
    if facts.needs_gpu:
        raise GpuNeeded(backend=facts.name)
    return torch.device("cpu")


def described(device: torch.device, precision: torch.dtype) -> str:
    """For people: "cpu", or the GPU by its name and the precision that is used on it."""
    if device.type == "cpu":
        return "cpu"
    name = torch.cuda.get_device_name(device)
    return f"{device.type} ({name}, {str(precision).removeprefix('torch.')})"
