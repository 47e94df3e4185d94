"""Networks in half precision, as on a GPU: nothing meets what it cannot be computed with, and little is lost."""

from __future__ import annotations

import pytest
import torch

from ml.backends.torch_precision import agreement, trial_music
from tests.ml.backends import test_mert, test_muq, test_muq_mulan, test_music2vec
from tests.ml.backends.contract import BackendContract

# Not imported by their names, or they would be collected here once more.
CONTRACTS: list[type[BackendContract]] = [
    test_mert.Test95M,
    test_mert.Test330M,
    test_music2vec.TestMusic2Vec,
    test_muq.TestMuQ,
    test_muq_mulan.TestMuQMuLan,
]


@pytest.mark.parametrize("contract", CONTRACTS)
def test_bfloat16_agrees_with_float32(contract: type[BackendContract]) -> None:
    network = vars(contract.make(contract.facts()))["_network"]
    music = torch.from_numpy(trial_music(2.0, contract.facts().sample_rate, 2))
    # bfloat16 keeps 8 bits; random weights multiply what is lost from layer to layer.
    assert 0.99 < agreement(network, music, torch.bfloat16) < 1 - 1e-9
