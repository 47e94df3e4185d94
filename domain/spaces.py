"""Spaces, and the facts of the audio backends that make them: readable without loading any model."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.errors.machine import BackendNotFound
from domain.tags import MSD_TAGS, MTT_TAGS


@dataclass(frozen=True)
class BackendFacts:
    """What is known of an audio backend before it is loaded.

    `dimension` is that of one vector; `sample_rate` in Hz is what the network hears; `patch_seconds` is the length of
    audio behind one vector before pooling; `segment_patches` is how many consecutive patches make one of our own
    segments. `revision` names weights and preprocessing: when it changes, embeddings made before cannot be compared
    with new ones. `tags` is the vocabulary in output order, empty where the backend does not tag; `tags_are_reasons`
    says whether shared tags may be shown to listeners as a reason.
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
    tags: tuple[str, ...] = ()
    tags_are_reasons: bool = False

    @property
    def segment_seconds(self) -> float:
        """Length of one of our own segments; the last one of a track is usually shorter."""
        return self.patch_seconds * self.segment_patches


# 187 frames with a hop of 256 samples at 16 kHz (Pons & Serra, "musicnn", ISMIR late-breaking 2019).
MUSICNN_PATCH_SECONDS = 187 * 256 / 16_000

BACKENDS: dict[str, BackendFacts] = {
    facts.name: facts
    for facts in (
        BackendFacts(
            name="musicnn-mtt",
            title="MusiCNN trained on MagnaTagATune",
            dimension=200,
            sample_rate=16_000,
            patch_seconds=MUSICNN_PATCH_SECONDS,
            segment_patches=5,
            revision="musicnn-0.1.0-MTT_musicnn-1",
            licence="ISC",
            commercial_use=True,
            tags=MTT_TAGS,
            tags_are_reasons=True,
        ),
        BackendFacts(
            name="musicnn-msd",
            title="MusiCNN trained on the Million Song Dataset",
            dimension=200,
            sample_rate=16_000,
            patch_seconds=MUSICNN_PATCH_SECONDS,
            segment_patches=5,
            revision="musicnn-0.1.0-MSD_musicnn-1",
            licence="ISC",
            commercial_use=True,
            tags=MSD_TAGS,
        ),
    )
}

DEFAULT_SPACE = "musicnn-mtt"


def backend_facts(name: str) -> BackendFacts:
    """The facts of one backend.

    Raises BackendNotFound with the names there are.
    """
    try:
        return BACKENDS[name]
    except KeyError:
        raise BackendNotFound(name=name, known=", ".join(BACKENDS)) from None


class SpaceState(StrEnum):
    """`FILLING`: its first revision already serves while it fills. `READY`: every embeddable track is in."""

    FILLING = "FILLING"
    READY = "READY"


@dataclass(frozen=True)
class Space:
    """One representation: vectors that can be compared with each other.

    `revision_id` names the active set of vectors (a partition), `dimension` their length, `indexed` whether an
    approximate index answers (above the threshold) or an exact scan.
    """

    id: int
    name: str
    backend: str
    dimension: int
    revision_id: int
    revision: str
    state: SpaceState
    indexed: bool
