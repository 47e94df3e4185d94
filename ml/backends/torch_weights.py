"""Reads checkpoints for torch, from untrusted files: tensors are all that is taken from them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from zipfile import is_zipfile

import torch
from safetensors.torch import load_file

from domain.errors.machine import WeightsDamaged

KEYS_NAMED = 3


def read_state(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a checkpoint by name, on the CPU: of a `.safetensors` file, or of one by `torch.save`, in which
    they may lie below "state_dict" or "model".

    Nothing in the file is run (`weights_only`). Raises WeightsDamaged when it holds anything else, or is not whole.
    """
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        # Of a file in torch's newer format only what is used comes into memory.
        found = torch.load(path, map_location="cpu", weights_only=True, mmap=is_zipfile(path))
    except MemoryError:
        raise
    except Exception as error:  # torch's own unpickler stumbles over nonsense in every way there is
        reason = (str(error).splitlines() or [""])[0]
        raise WeightsDamaged(path=path, reason=f"it is no checkpoint of tensors ({reason})") from error
    for name in ("state_dict", "model"):
        if isinstance(found, Mapping) and isinstance(found.get(name), Mapping):
            found = found[name]
    if not isinstance(found, Mapping) or not found:
        raise WeightsDamaged(path=path, reason="it holds no tensors by name")
    return {str(name): tensor for name, tensor in found.items() if isinstance(tensor, torch.Tensor)}


def fill(network: torch.nn.Module, state: Mapping[str, torch.Tensor], path: Path, *, take: bool = False) -> None:
    """Give a network the tensors from `path`, each of them to the parameter or buffer of its name: their values, or, to
    `take` no memory twice, the tensors themselves, in the precision they have.

    Raises WeightsDamaged, naming the first, where any is missing, left over, or of another shape.
    """
    own = network.state_dict()
    problems = [f"'{name}' is missing" for name in own.keys() - state.keys()]
    problems += [f"nothing is called '{name}'" for name in state.keys() - own.keys()]
    problems += [
        f"'{name}' has shape {tuple(state[name].shape)} instead of {tuple(own[name].shape)}"
        for name in own.keys() & state.keys()
        if own[name].shape != state[name].shape
    ]
    if problems:
        problems.sort()
        more = f" and {len(problems) - KEYS_NAMED} more" if len(problems) > KEYS_NAMED else ""
        raise WeightsDamaged(path=path, reason="; ".join(problems[:KEYS_NAMED]) + more)
    network.load_state_dict(state, assign=take)
