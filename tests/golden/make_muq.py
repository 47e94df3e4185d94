"""Writes muq.npz: what the package `muq` makes of known weights, MuQ and MuQ-MuLan both.

Run in an environment of its own, in the repository's folder: python -m tests.golden.make_muq. It takes muq 0.1.0,
transformers 4.57.6, torch 2.13.0 and torchaudio (any, also without its compiled part: rename its folder `lib`), einops,
easydict, nnAudio, safetensors and huggingface_hub, all but torch and transformers installed with --no-deps. `x_clip`,
which `muq` imports and does not use, is stubbed here.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import torch
import torchaudio
import transformers

from tests.golden.drawn import drawn_music, drawn_state
from tests.golden.small_muq import MULAN, MUQ, SPECIAL, TEXTS, XLM_ROBERTA, small_tokenizer

KEPT = ("inv_freq", "num_batches_tracked", "position_ids", "token_type_ids")


def stub_x_clip() -> None:
    package, tokenizer = ModuleType("x_clip"), ModuleType("x_clip.tokenizer")
    tokenizer.tokenizer = SimpleNamespace(vocab_size=1)  # type: ignore[attr-defined]
    sys.modules |= {"x_clip": package, "x_clip.tokenizer": tokenizer}


def draw(network: torch.nn.Module) -> list[str]:
    """Give a network drawn weights; returns all names and shapes as its checkpoint has them."""
    shapes = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    state = drawn_state({name: shape for name, shape in shapes.items() if not name.endswith(KEPT)})
    network.load_state_dict({name: torch.as_tensor(values) for name, values in state.items()}, strict=False)
    network.eval()
    return sorted(f"{name} {list(shape)}" for name, shape in shapes.items())


def main() -> None:
    stub_x_clip()
    import muq

    results: dict[str, Any] = {
        "versions": ["muq 0.1.0", f"transformers {transformers.__version__}", f"torchaudio {torchaudio.__version__}"]
    }
    samples = torch.from_numpy(drawn_music(2.0, 24_000))
    hearing = muq.MuQ(MUQ)
    results["muq/names"] = draw(hearing)
    with torch.inference_mode():
        heard = hearing(samples, output_hidden_states=True)
        mel = hearing.model.normalize(hearing.model.preprocessing(samples, ["melspec_2048"]))["melspec_2048"]
    results["muq/mel"] = mel.numpy()[:, :, ::16]
    results["muq/layers"] = torch.stack(heard.hidden_states).numpy()[:, :, ::4]  # every fourth frame
    with tempfile.TemporaryDirectory() as folder:
        of_muq, of_text = Path(folder) / "muq-small", Path(folder) / "xlm-roberta-small"
        hearing.save_pretrained(of_muq)
        transformers.XLMRobertaModel(transformers.XLMRobertaConfig(**XLM_ROBERTA)).save_pretrained(of_text)
        transformers.PreTrainedTokenizerFast(tokenizer_object=small_tokenizer(), **SPECIAL).save_pretrained(of_text)
        settings = MULAN | {
            "audio_model": MULAN["audio_model"] | {"name": str(of_muq)},
            "text_model": MULAN["text_model"] | {"name": str(of_text)},
        }
        joint = muq.MuQMuLan(settings)
        results["mulan/names"] = draw(joint)
        with torch.inference_mode():
            results["mulan/audio"] = joint(wavs=torch.from_numpy(drawn_music(10.0, 24_000))).numpy()  # a clip each
            results["mulan/texts"] = torch.cat([joint(texts=[text]) for text in TEXTS]).numpy()
    np.savez_compressed(Path(__file__).with_name("muq.npz"), **results)


if __name__ == "__main__":
    main()
