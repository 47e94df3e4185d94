"""Facts of the backends that need no download: a package brings their weights, or they have none."""

from __future__ import annotations

from domain.spaces.facts import BackendFacts
from domain.tags import MSD_TAGS, MTT_TAGS

# 187 frames with a hop of 256 samples at 16 kHz (Pons & Serra, "musicnn", ISMIR late-breaking 2019).
MUSICNN_PATCH_SECONDS = 187 * 256 / 16_000

# Patches that the network hears at once. More don't fit in the caches of a core.
MUSICNN_BATCH_PATCHES = 2

INSTALLED = (
    BackendFacts(
        name="musicnn-mtt",
        title="MusiCNN trained on MagnaTagATune",
        dimension=200,
        sample_rate=16_000,
        patch_seconds=MUSICNN_PATCH_SECONDS,
        segment_patches=5,
        batch_patches=MUSICNN_BATCH_PATCHES,
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
        batch_patches=MUSICNN_BATCH_PATCHES,
        revision="musicnn-0.1.0-MSD_musicnn-1",
        licence="ISC",
        commercial_use=True,
        tags=MSD_TAGS,
    ),
    BackendFacts(
        name="vgg-mtt",
        title="VGG trained on MagnaTagATune",
        dimension=128,
        sample_rate=16_000,
        patch_seconds=MUSICNN_PATCH_SECONDS,
        segment_patches=5,
        revision="musicnn-0.1.0-MTT_vgg-1",
        licence="ISC",
        commercial_use=True,
        tags=MTT_TAGS,
        tags_are_reasons=True,
    ),
    BackendFacts(
        name="vgg-msd",
        title="VGG trained on the Million Song Dataset",
        dimension=128,
        sample_rate=16_000,
        patch_seconds=MUSICNN_PATCH_SECONDS,
        segment_patches=5,
        revision="musicnn-0.1.0-MSD_vgg-1",
        licence="ISC",
        commercial_use=True,
        tags=MSD_TAGS,
    ),
    BackendFacts(
        name="mfcc",
        title="Mean and deviation of 20 cepstral coefficients and their deltas",
        dimension=80,
        sample_rate=22_050,
        patch_seconds=15.0,
        min_patch_seconds=1.0,
        segment_patches=1,
        pooling="mean and deviation over time",
        revision="librosa-0.11-mfcc20-1",
        licence="Apache-2.0",
        commercial_use=True,
        extra="ml",
    ),
    BackendFacts(
        name="random",
        title="Nothing of the music: a random direction for each recording",
        dimension=128,
        sample_rate=16_000,
        patch_seconds=15.0,
        min_patch_seconds=1.0,
        segment_patches=1,
        pooling="none",
        revision="random-1",
        licence="Apache-2.0",
        commercial_use=True,
    ),
)
