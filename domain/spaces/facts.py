"""What is known of an audio backend before it is loaded, and of the files with its weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class HubFile:
    """A file of weights on the models' hub (huggingface.co).

    `revision` is a commit of `repository`, or a branch where no commit is known; `sha256` (hex) and `size` in bytes
    are None where nobody told them. `name` is what the file is called in the backend's own folder: `kept_as`, where
    files of several repositories would have the same name.
    """

    repository: str
    path: str
    revision: str = "main"
    sha256: str | None = None
    size: int | None = None
    kept_as: str | None = None

    @property
    def name(self) -> str:
        return self.kept_as or self.path.rpartition("/")[2]


@dataclass(frozen=True)
class WebFile:
    """A file of weights at an address of its own; otherwise as `HubFile`."""

    url: str
    sha256: str | None = None
    size: int | None = None

    @property
    def name(self) -> str:
        return self.url.rpartition("/")[2]


WeightFile: TypeAlias = HubFile | WebFile


@dataclass(frozen=True)
class BackendFacts:
    """What is known of an audio backend before it is loaded.

    `dimension` is that of one vector; `sample_rate` in Hz is what the network hears. A patch is the window of audio
    behind one vector before pooling, `patch_seconds` long; consecutive ones share `overlap_seconds`. What is left at
    the end of a recording is heard as a shorter patch if it is at least `min_patch_seconds` long, else left out.
    `segment_patches` is how many consecutive patches make one of our own segments. `batch_patches` go through the
    network at once.

    `layer` is the hidden layer that is read (0 is what enters the first of `layers`), None where there is no choice.
    `pooling` says how a patch's frames become one vector. `text` is true where texts have vectors in the same space.

    `revision` names weights and preprocessing: when it changes, embeddings made before cannot be compared with new
    ones. `weights` are the files that must be fetched first, none where a package brings them. `extra` is what to
    install beside the base, `needs_gpu` whether a CPU is no way to run it. `working_memory_mb` is what one batch takes
    beside the loaded network, over what every backend may take.

    `tags` is the vocabulary in output order, empty where the backend does not tag; `tags_are_reasons` says whether
    shared tags may be shown to listeners as a reason.
    """

    name: str
    title: str
    dimension: int
    sample_rate: int
    patch_seconds: float
    segment_patches: int
    revision: str
    licence: str
    commercial_use: bool
    overlap_seconds: float = 0.0
    min_patch_seconds: float | None = None
    batch_patches: int = 1
    layer: int | None = None
    layers: int = 0
    pooling: str = "mean over time"
    text: bool = False
    weights: tuple[WeightFile, ...] = ()
    extra: str | None = None
    needs_gpu: bool = False
    working_memory_mb: int = 0
    tags: tuple[str, ...] = ()
    tags_are_reasons: bool = False

    @property
    def hop_seconds(self) -> float:
        """From the beginning of a patch to that of the next."""
        return self.patch_seconds - self.overlap_seconds

    @property
    def segment_seconds(self) -> float:
        """Length of one of our own segments; the last one of a track is usually shorter."""
        return self.hop_seconds * self.segment_patches

    @property
    def licence_note(self) -> str:
        """The licence, and whether it forbids commercial use."""
        return self.licence if self.commercial_use else f"{self.licence}, no commercial use"
