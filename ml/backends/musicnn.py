"""MusiCNN (Pons & Serra, "musicnn: pre-trained convolutional neural networks for music audio tagging", 2019).

The published network, computed by ONNX Runtime from the original's own weights, without TensorFlow: a vector is the
penultimate layer (after ReLU and batch normalization, 200-d) of a patch of 187 mel frames (2.992 s at 16 kHz).
"""

from __future__ import annotations

from collections.abc import Iterable

from domain.spaces import BackendFacts
from ml.backends.extent import Extent
from ml.backends.mel_patches import mel_batches
from ml.backends.musicnn_graph import build
from ml.backends.musicnn_weights import load_network
from ml.backends.onnx_graph import open_session
from ml.backends.protocol import CPU, Means, TrackEmbedding, Vector
from ml.backends.pruning import prune
from ml.backends.tally import Tally
from ml.mel import SAMPLE_RATE, log_mel

MODELS = {"musicnn-mtt": "MTT_musicnn", "musicnn-msd": "MSD_musicnn"}


class MusiCNN:
    """`musicnn-mtt` or `musicnn-msd`, loaded; a `Backend`."""

    def __init__(self, facts: BackendFacts, threads: int) -> None:
        """Build the network from the installed weights, to run on `threads` cores.

        Raises WeightsMissing or WeightsDamaged when they are not what they should be.
        """
        self._facts = facts
        self._session = open_session(build(prune(load_network(MODELS[facts.name], facts.name))), threads)

    @property
    def facts(self) -> BackendFacts:
        return self._facts

    @property
    def device(self) -> str:
        return CPU

    def embed(self, blocks: Iterable[Vector]) -> TrackEmbedding:
        """Hear one recording; see `Backend.embed`.

        Patches follow each other without overlap. As in the original, frames after the last whole patch (less than
        2.992 s) are not heard; their time counts to the last segment, so that segments cover all of the recording. A
        recording shorter than one patch is heard as one patch, with digital silence after it.
        """
        extent = Extent(blocks, SAMPLE_RATE)
        tally = Tally(self._facts)
        for batch in mel_batches(log_mel(extent), self._facts.batch_patches):
            tags, penultimate = self._session.run(["tags", "penultimate"], {"mel": batch})
            tally.add(penultimate, tags=tags)
        return tally.embedding(extent)


def load(facts: BackendFacts, means: Means) -> MusiCNN:
    """The backend that `facts` describes."""
    return MusiCNN(facts, means.threads)
