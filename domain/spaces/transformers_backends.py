"""Facts of the backends that hear as wav2vec 2.0 does: MERT, Music2Vec, MuQ and MuQ-MuLan.

Each is read at its last layer, averaged over time, as in the comparison of Tamm & Aljanaki (RecSys 2024, and its
follow-up). Commits and digests are those that several public projects pin and check, independently of each other.
"""

from __future__ import annotations

from dataclasses import replace

from domain.spaces.facts import BackendFacts, HubFile

MERT_95M = ("m-a-p/MERT-v1-95M", "12af15fef9d0ac838c3f475bfbbf26d2060dd4f5")
MERT_330M = ("m-a-p/MERT-v1-330M", "5240c2708a5acaee1007f43fb9735c7dcd0b78c9")

MUQ = ("OpenMuQ/MuQ-large-msd-iter", "0562a57814f6f8bbd9fdea0a25921a2fce1a841a")
MULAN = ("OpenMuQ/MuQ-MuLan-large", "2e01c796b71dca71b45251384c04cd7b237c9020")
XLM_ROBERTA = ("FacebookAI/xlm-roberta-base", "e73636d4f797dec63c3081bb6ed5c7b0bb3f2089")

MUQ_CONFIGURATION = HubFile(
    MUQ[0],
    "config.json",
    MUQ[1],
    sha256="237335ee27d8fb951ce778701a12a79e06c51ae636dd786f97e45f51ce532543",
    size=3_133,
)

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
        working_memory_mb=256,
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
        working_memory_mb=512,
    ),
    BackendFacts(
        name="music2vec",
        title="Music2Vec",
        dimension=768,
        # It was trained on 30 s at 16 kHz (Li et al., "MAP-Music2Vec", ISMIR late-breaking 2022); comparisons have been
        # published that fed it 24.
        sample_rate=16_000,
        patch_seconds=30.0,
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
        working_memory_mb=1_024,
    ),
    BackendFacts(
        name="muq",
        title="MuQ, large, trained on the Million Song Dataset",
        dimension=1024,
        sample_rate=24_000,
        patch_seconds=30.0,  # as it was trained
        min_patch_seconds=1.0,
        segment_patches=1,
        layer=12,
        layers=12,
        revision=f"MuQ-large-msd-iter-{MUQ[1][:8]}-1",
        licence=NON_COMMERCIAL,
        commercial_use=False,
        weights=(
            MUQ_CONFIGURATION,
            HubFile(
                MUQ[0],
                "model.safetensors",
                MUQ[1],
                sha256="273febab2be02872c37d2c37e48a9d6c52c1c9392f3eeeabd498efa281ccb7a6",
                size=1_333_825_096,
            ),
        ),
        extra="backends",
        working_memory_mb=1_500,
    ),
    BackendFacts(
        name="muq-mulan",
        title="MuQ-MuLan, large: music and texts in one space",
        dimension=512,
        sample_rate=24_000,
        patch_seconds=10.0,  # as it was trained, and as its own code cuts recordings
        min_patch_seconds=1.0,
        segment_patches=1,
        pooling="mean of the vectors of 10 s, each of unit length",
        text=True,
        revision=f"MuQ-MuLan-large-{MULAN[1][:8]}-1",
        licence=NON_COMMERCIAL,
        commercial_use=False,
        weights=(
            HubFile(
                MULAN[0],
                "config.json",
                MULAN[1],
                sha256="8fefc545ef87ecd9bcde7417dd03464370c48c321f36dcff20266a752079e468",
                size=847,
            ),
            HubFile(
                MULAN[0],
                "pytorch_model.bin",
                MULAN[1],
                sha256="d42ae3f7cb9b66759ee0089ddc70e2f28b130c2d8ba621457358272d32dd0444",
                size=2_653_954_401,
            ),
            # How the networks inside it are built, whose weights it brings itself.
            replace(MUQ_CONFIGURATION, kept_as="muq.json"),
            HubFile(
                XLM_ROBERTA[0],
                "config.json",
                XLM_ROBERTA[1],
                sha256="d66ed8cd4f2a93b358c245e50736fa389ed4f35c0bae7aad0b32abb20c62b579",
                size=615,
                kept_as="xlm-roberta.json",
            ),
            HubFile(XLM_ROBERTA[0], "tokenizer.json", XLM_ROBERTA[1]),
        ),
        extra="backends",
        working_memory_mb=768,
    ),
)
