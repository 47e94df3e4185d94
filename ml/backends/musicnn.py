"""MusiCNN (Pons & Serra, "musicnn: pre-trained convolutional neural networks for music audio tagging", 2019).

The published network, computed by ONNX Runtime from the original's own weights, without TensorFlow: a vector is the
penultimate layer (after ReLU and batch normalization, 200-d) of a patch of 187 mel frames (2.992 s at 16 kHz).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import onnxruntime  # type: ignore[import-untyped]  # ships no types
from numpy.typing import NDArray

from domain.errors.recordings import EmptyAudio
from domain.spaces import BackendFacts
from ml.backends.musicnn_graph import build
from ml.backends.musicnn_weights import load_network
from ml.backends.protocol import SegmentEmbedding, TrackEmbedding, Vector
from ml.backends.pruning import PATCH_FRAMES, prune
from ml.mel import BANDS, SAMPLE_RATE, log_mel

MODELS = {"musicnn-mtt": "MTT_musicnn", "musicnn-msd": "MSD_musicnn"}

# Patches that the network hears at once. More don't fit in the caches of a core.
BATCH_PATCHES = 2


class MusiCNN:
    """`musicnn-mtt` or `musicnn-msd`, loaded; a `Backend`."""

    def __init__(self, facts: BackendFacts, threads: int) -> None:
        """Build the network from the installed weights, to run on `threads` cores.

        Raises WeightsMissing or WeightsDamaged when they are not what they should be.
        """
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # A thread that waits for work must not take the core from the decoder or another worker.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        model = build(prune(load_network(MODELS[facts.name], facts.name)))
        self._facts = facts
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    @property
    def facts(self) -> BackendFacts:
        return self._facts

    def embed(self, blocks: Iterable[Vector]) -> TrackEmbedding:
        """Hear one recording; see `Backend.embed`.

        Patches follow each other without overlap. As in the original, frames after the last whole patch (less than
        2.992 s) are not heard; their time counts to the last segment, so that segments cover all of the recording. A
        recording shorter than one patch is heard as one patch, with digital silence after it.
        """
        extent = _Extent(blocks)
        penultimate = np.zeros(self._facts.dimension)
        tags = np.zeros(len(self._facts.tags))
        sums: list[NDArray[np.float64]] = []
        patches = 0
        for batch in _batches(_patches(log_mel(extent))):
            tag_rows, rows = self._session.run(["tags", "penultimate"], {"mel": batch})
            tags += tag_rows.sum(axis=0, dtype=np.float64)
            for row in rows:
                if patches % self._facts.segment_patches == 0:
                    sums.append(np.zeros(self._facts.dimension))
                sums[-1] += row
                penultimate += row
                patches += 1
        if not patches:
            raise EmptyAudio(path="the recording")
        seconds = extent.samples / SAMPLE_RATE
        ends = [number * self._facts.segment_seconds for number in range(1, len(sums))] + [seconds]
        return TrackEmbedding(
            vector=_unit(penultimate),
            segments=tuple(
                SegmentEmbedding(start, end, _unit(total))
                for start, end, total in zip([0.0, *ends], ends, sums, strict=False)
            ),
            tag_scores=(tags / patches).astype(np.float32),
            heard_seconds=seconds,
            peak=extent.peak,
        )


def load(facts: BackendFacts, threads: int) -> MusiCNN:
    """The backend that `facts` describes."""
    return MusiCNN(facts, threads)


class _Extent:
    """Passes blocks on and keeps how much there was, and how loud."""

    def __init__(self, blocks: Iterable[Vector]) -> None:
        self._blocks = blocks
        self.samples = 0
        self.peak = 0.0

    def __iter__(self) -> Iterator[Vector]:
        for block in self._blocks:
            if len(block):
                self.samples += len(block)
                self.peak = max(self.peak, float(np.abs(block).max()))
                yield block


def _patches(frames: Iterable[Vector]) -> Iterator[Vector]:
    """Whole patches (187, 96); if there is none but there are frames, these and silence."""
    patch = np.zeros((PATCH_FRAMES, BANDS), np.float32)
    filled = count = 0
    for group in frames:
        while len(group):
            taken = min(len(group), PATCH_FRAMES - filled)
            patch[filled : filled + taken] = group[:taken]
            filled, group = filled + taken, group[taken:]
            if filled == PATCH_FRAMES:
                yield patch.copy()
                filled, count = 0, count + 1
    if filled and not count:
        yield patch


def _batches(patches: Iterable[Vector]) -> Iterator[Vector]:
    """Patches in batches (patches, 187, 96); where a batch begins depends on nothing but the patch's number."""
    batch: list[Vector] = []
    for patch in patches:
        batch.append(patch)
        if len(batch) == BATCH_PATCHES:
            yield np.stack(batch)
            batch = []
    if batch:
        yield np.stack(batch)


def _unit(vector: NDArray[np.float64]) -> Vector:
    return (vector / np.linalg.norm(vector)).astype(np.float32)
