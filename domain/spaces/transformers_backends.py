"""Facts of the backends that hear as wav2vec 2.0 does: MERT, Music2Vec, MuQ and MuQ-MuLan.

Each is read at its last layer, averaged over time, as in the comparison of Tamm & Aljanaki (RecSys 2024, and its
follow-up). Commits and digests are those that several public projects pin and check, independently of each other.
"""

from __future__ import annotations

from domain.spaces.facts import BackendFacts, HubFile

MERT_95M = ("m-a-p/MERT-v1-95M", "12af15fef9d0ac838c3f475bfbbf26d2060dd4f5")
MERT_330M = ("m-a-p/MERT-v1-330M", "5240c2708a5acaee1007f43fb9735c7dcd0b78c9")

NON_COMMERCIAL = "CC-BY-NC-4.0"

TRANSFORMERS_BACKENDS: tuple[BackendFacts, ...] = (
    BackendFacts(
        name="mert-95m",
        title="MERT v1 with 95 million parameters",
        dimension=768,
        sample_rate=24_000,
        # What it was trained on (Li et al., "MERT", ICLR 2024).
        patch_seconds=5.0,
        min_patch_seconds=1.0,
        segment_patches=3,
        batch_patches=2,
        layer=12,
        layers=12,
        revision=f"MERT-v1-95M-{MERT_95M[1][:8]}-1",
        licence=NON_COMMERCIAL,
        commercial_use=False,
        weights=(
            HubFile(
                MERT_95M[0],
                "config.json",
                MERT_95M[1],
                sha256="ea2627c4c7825cd66f3c944b6b966331604c35928174e0100cd4a82829424e32",
                size=1_817,
            ),
            HubFile(
                MERT_95M[0],
                "preprocessor_config.json",
                MERT_95M[1],
                sha256="cc5a5e4a5d3b1a758a5ed984b2eaa15bb0522d811d44a9eed82bfca4baa0dc8f",
                size=211,
            ),
            HubFile(
                MERT_95M[0],
                "pytorch_model.bin",
                MERT_95M[1],
                sha256="a2b8b747f72c06e0595aeae41ae5473f4364938c6b39b2c58be38c48e6bd3fcd",
                size=377_552_987,
            ),
        ),
        extra="backends",
    ),
    BackendFacts(
        name="mert-330m",
        title="MERT v1 with 330 million parameters",
        dimension=1024,
        sample_rate=24_000,
        patch_seconds=5.0,
        min_patch_seconds=1.0,
        segment_patches=3,
        batch_patches=2,
        layer=24,
        layers=24,
        revision=f"MERT-v1-330M-{MERT_330M[1][:8]}-1",
        licence=NON_COMMERCIAL,
        commercial_use=False,
        weights=tuple(
            HubFile(MERT_330M[0], name, MERT_330M[1])
            for name in ("config.json", "preprocessor_config.json", "pytorch_model.bin")
        ),
        extra="backends",
    ),
    BackendFacts(
        name="music2vec",
        title="Music2Vec",
        dimension=768,
        # It was trained at 16 kHz (Li et al., "MAP-Music2Vec", ISMIR late-breaking 2022); published comparisons fed 24.
        sample_rate=16_000,
        patch_seconds=15.0,
        min_patch_seconds=1.0,
        segment_patches=1,
        layer=12,
        layers=12,
        revision="music2vec-v1-1",
        licence=NON_COMMERCIAL,
        commercial_use=False,
        weights=(
            HubFile("m-a-p/music2vec-v1", "config.json"),
            HubFile("m-a-p/music2vec-v1", "pytorch_model.bin"),
        ),
        extra="backends",
    ),
)
