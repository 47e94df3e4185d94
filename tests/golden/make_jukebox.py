"""Writes jukebox.npz: what the package jukebox-infer makes of known weights in a small network of the same form.

Run in the repository's folder, in an environment of its own with jukebox-infer 0.1.2 and unidecode; the first claims
a GPU for itself where it does not need one: python -O -m tests.golden.make_jukebox
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from jukebox_infer.hparams import setup_hparams
from jukebox_infer.make_models import make_prior, make_vqvae

from tests.golden.drawn import drawn_music, drawn_state

CODES = 8_192
SMALL_CODEC = {"width": 4, "depth": 2, "emb_width": 6, "l_bins": 32, "hvqvae_multipliers": (2, 1, 1)}
SMALL_PRIOR = {"prior_width": 32, "prior_depth": 6, "y_bins": (3, 5)}


def draw(network: torch.nn.Module) -> list[str]:
    shapes = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    network.load_state_dict({name: torch.as_tensor(values) for name, values in drawn_state(shapes).items()})
    return sorted(f"{name} {list(shape)}" for name, shape in shapes.items())


def main() -> None:
    codec = make_vqvae(setup_hparams("vqvae", {"sample_length": CODES * 128, "restore_vqvae": ""} | SMALL_CODEC), "cpu")
    prior = make_prior(setup_hparams("prior_5b", {"restore_prior": ""} | SMALL_PRIOR), codec, "cpu")
    names = {"codec": draw(codec), "prior": draw(prior)}
    music = torch.from_numpy(drawn_music(1.5, 44_100))[:1]  # 516 codes, eight blocks of 64 and four more
    music = music / music.abs().max()
    label = {"artist": "unknown", "genre": "unknown", "lyrics": "", "offset": 0}
    label |= {"total_length": 62 * 44_100 // 128 * 128}
    with torch.inference_mode():
        codes = codec.encode(music[..., None])[-1]
        times, start, _ = prior.get_cond(None, prior.get_y(prior.labeller.get_batch_labels([label]), 0))
        frames = torch.cat([start, prior.prior.x_emb(codes)[:, :-1]], dim=1)
        frames = frames + prior.prior.pos_emb()[: codes.shape[1]] + times[:, : codes.shape[1]]
        layers = [frames]
        for layer in prior.prior.transformer._attn_mods:
            layers.append(layer(layers[-1], encoder_kv=None, sample=True))
    np.savez_compressed(
        Path(__file__).with_name("jukebox.npz"),
        **names,
        codes=codes[0].numpy(),
        layers=torch.stack(layers)[:, 0, ::4].numpy(),  # every fourth code
        versions=["jukebox-infer 0.1.2", f"torch {torch.__version__}"],
    )


if __name__ == "__main__":
    main()
