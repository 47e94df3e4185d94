"""Facts of the pretrained backends of other kinds: MusicFM, EncodecMAE, MULE and Jukebox."""

from __future__ import annotations

from domain.spaces.facts import BackendFacts, HubFile, WebFile

JUKEBOX = "https://openaipublic.azureedge.net/jukebox/models/5b"
MUSICFM = "4513b38bc25ad1d227b1980819b9691ba97f4d87"

OTHER_PRETRAINED: tuple[BackendFacts, ...] = (
    BackendFacts(
        name="musicfm",
        title="MusicFM trained on the Million Song Dataset",
        dimension=1024,
        sample_rate=24_000,
        patch_seconds=30.0,  # as it was trained
        min_patch_seconds=1.0,
        segment_patches=1,
        layer=12,
        layers=12,
        revision="musicfm-msd-4513b38-1",
        licence="MIT",
        commercial_use=True,
        weights=(
            HubFile(
                "minzwon/MusicFM",
                "pretrained_msd.pt",
                revision=MUSICFM,
                sha256="218b483a0256ddef736267425fabb166fd97008983696bb9270def464b47bded",
                size=1_316_802_088,
            ),
            HubFile(
                "minzwon/MusicFM",
                "msd_stats.json",
                revision=MUSICFM,
                sha256="c36c61ab10ca4d2e7fdfefc3fcc15205316bec276a06a47baa3641a62c546f22",
                size=2_277,
            ),
        ),
        extra="backends",
        working_memory_mb=1_500,
    ),
    BackendFacts(
        name="encodecmae",
        title="EncodecMAE, the base model",
        dimension=768,
        sample_rate=24_000,
        patch_seconds=4.0,
        min_patch_seconds=1.0,
        segment_patches=4,
        batch_patches=2,
        layer=10,
        layers=10,
        revision="encodecmae-base-1",
        licence="MIT",
        commercial_use=True,
        weights=(HubFile("lpepino/encodecmae-base", "model.pt"),),
        extra="backends",
        working_memory_mb=500,
    ),
    BackendFacts(
        name="mule",
        title="MULE, trained on Musicset without labels",
        dimension=1728,
        sample_rate=16_000,
        patch_seconds=3.0,
        overlap_seconds=1.0,
        min_patch_seconds=1.0,
        segment_patches=7,
        batch_patches=2,
        revision="mule-torch-0.2.0-1",
        licence="CC-BY-NC-4.0",
        commercial_use=False,
        weights=(HubFile("matteospanio/mule", "model.safetensors"), HubFile("matteospanio/mule", "config.json")),
        extra="backends",
        working_memory_mb=300,
    ),
    BackendFacts(
        name="jukebox",
        title="Jukebox, layer 36 of its largest prior",
        dimension=4800,
        sample_rate=44_100,
        patch_seconds=8_192 * 128 / 44_100,
        min_patch_seconds=1.0,
        segment_patches=1,
        layer=36,
        layers=72,
        revision="jukebox-5b-1",
        licence="OpenAI's Noncommercial Use License",
        commercial_use=False,
        weights=(WebFile(f"{JUKEBOX}/vqvae.pth.tar"), WebFile(f"{JUKEBOX}/prior_level_2.pth.tar")),
        extra="backends",
        needs_gpu=True,
        working_memory_mb=2_000,
    ),
)
