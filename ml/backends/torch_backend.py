"""A backend whose network runs on torch: everything but the network."""

from __future__ import annotations

from collections.abc import Iterable

import torch

from domain.spaces import BackendFacts
from ml.backends.extent import Extent
from ml.backends.protocol import TrackEmbedding, Vector
from ml.backends.tally import Tally
from ml.backends.torch_device import described
from ml.backends.torch_network import Network, pooled
from ml.backends.torch_precision import choose_precision, trial_music
from ml.backends.windows import batches, windows


class TorchBackend:
    """A network behind the protocol of backends; a `Backend`.

    A patch's vector is the mean over its frames, a track's the mean over its patches, each counting by its length: so
    every moment counts the same.
    """

    def __init__(self, facts: BackendFacts, network: Network, device: torch.device, threads: int) -> None:
        """`network` lies on `device` already. It is run once at full batch here, so that all the memory, threads and
        libraries that it needs are there before this process gives up what it does not need."""
        torch.set_num_threads(threads)
        self._facts = facts
        self._network = network
        self._device = device
        trial = trial_music(facts.patch_seconds, facts.sample_rate, facts.batch_patches)
        self._precision = choose_precision(network, torch.from_numpy(trial).to(device))
        self._vectors(trial)

    @property
    def facts(self) -> BackendFacts:
        return self._facts

    @property
    def device(self) -> str:
        return described(self._device, self._precision)

    def embed(self, blocks: Iterable[Vector]) -> TrackEmbedding:
        """Hear one recording; see `Backend.embed`, and of how it is cut `ml.backends.windows.windows`."""
        extent = Extent(blocks, self._facts.sample_rate)
        tally = Tally(self._facts)
        for batch in batches(windows(extent, self._facts), self._facts.batch_patches):
            tally.add(self._vectors(batch), weight=batch.shape[1])
        return tally.embedding(extent)

    def _vectors(self, batch: Vector) -> Vector:
        """(windows, samples) to (windows, dimension)."""
        samples = torch.from_numpy(batch).to(self._device)
        vectors: Vector = pooled(self._network, samples, self._precision).cpu().numpy()
        return vectors
