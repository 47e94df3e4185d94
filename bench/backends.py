"""What each audio backend costs before an archive begins with it: time, memory, and the size of its vectors.

    python -m bench.backends [NAME …] [--seconds 60] [--threads 2] [--device auto] [--json FILE]

Networks have their real size and random weights, which cost the same as real ones; those that a package brings are
real. Each is measured in a process of its own, on a GPU if there is one, with music in blocks of 10 s. `clock` and
`processor` are seconds of music a second, by the clock and by the processor time of all threads divided by their
number: where others use the cores, the second is nearer to what an idle machine does. Peak memory is that of the
whole process, libraries and weights included. A track is counted at 4 minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import numpy as np
import torch

from domain.errors.base import SegueError
from domain.spaces import BACKENDS, BackendFacts, backend_facts
from ml.backends.protocol import Backend
from ml.backends.registry import load
from ml.backends.torch_backend import TorchBackend
from ml.backends.torch_device import choose_device
from ml.backends.torch_precision import trial_music

TRACK_MINUTES = 4
BLOCK_SECONDS = 10
MEGA = 1e6


def musicfm() -> torch.nn.Module:
    from ml.backends.musicfm import FFT_SAMPLES, MusicFM, Statistics

    sizes = {
        "conv.linear.bias": (1024,),
        "conv.conv.0.conv1.bias": (512,),
        "conformer.layers.0.ffn1.intermediate_dense.bias": (4096,),
        "conformer.layers.0.conv_module.depthwise_conv.weight": (1024, 1, 31),
        "conformer.embed_positions.inv_freq": (32,),
        "filters": (FFT_SAMPLES // 2 + 1, 128),
    }
    network = MusicFM({name: torch.empty(size) for name, size in sizes.items()}, Statistics(6.8, 18.4), 12, 12)
    network.window.copy_(torch.hann_window(FFT_SAMPLES))
    network.filters.uniform_()
    return network


def muq_mulan() -> torch.nn.Module:
    from ml.backends.mulan_transformer import Sizes, Tower
    from ml.backends.muq_mulan import AudioTower

    # Its transformer counts for little beside what it stands on.
    return AudioTower(musicfm(), Tower(1024, Sizes(768, 8, 64, 2048, 8), 512))  # type: ignore[arg-type]


def mert_95m() -> torch.nn.Module:
    from transformers import HubertConfig, HubertModel

    from ml.backends.speech_network import SpeechNetwork

    return SpeechNetwork(HubertModel(HubertConfig()), normalize=True)


def mert_330m() -> torch.nn.Module:
    from transformers import HubertConfig, HubertModel

    from ml.backends.speech_network import SpeechNetwork

    layers = {"num_hidden_layers": 24, "num_attention_heads": 16, "feat_extract_norm": "layer", "conv_bias": True}
    config = HubertConfig(hidden_size=1024, intermediate_size=4096, do_stable_layer_norm=True, **layers)
    return SpeechNetwork(HubertModel(config), normalize=True)


def music2vec() -> torch.nn.Module:
    from transformers import Data2VecAudioConfig, Data2VecAudioModel

    from ml.backends.speech_network import SpeechNetwork

    return SpeechNetwork(Data2VecAudioModel(Data2VecAudioConfig()), normalize=True)


def encodecmae() -> torch.nn.Module:
    from ml.backends.encodecmae import EncodecMAE

    sizes = {
        "feat_projector.weight": (768, 128),
        "codec.layers.0.conv.bias": (32,),
        "visible_encoder.encoder_layers.0.ff_layer.0.bias": (4096,),
    }
    return EncodecMAE({name: torch.empty(size) for name, size in sizes.items()}, 10, 10)


def mule() -> torch.nn.Module:
    from mule_torch import MuleModel

    from ml.backends.mule import MULE

    return MULE(MuleModel())


def jukebox() -> torch.nn.Module:
    from ml.backends.jukebox import Jukebox
    from ml.backends.jukebox_transformer import Projection

    codec: dict[str, tuple[int, ...]] = {"codebook": (2048, 64)}
    for level, halvings in enumerate((3, 2, 2)):
        for step in range(halvings):
            prefix = f"level_blocks.{level}.model.{step}"
            codec[f"{prefix}.0.bias"] = (32,)
            codec |= {f"{prefix}.1.model.{depth}.model.1.bias": (32,) for depth in range(4)}
        codec[f"level_blocks.{level}.model.{halvings}.bias"] = (64,)
    layer = "prior.transformer._attn_mods.0."
    prior = {
        "prior.x_emb.weight": (2048, 4800),
        "prior.pos_emb.pos_emb": (8192, 4800),
        f"{layer}attn.c_proj.w": (1200, 4800),
        f"{layer}mlp.c_fc.w": (4800, 4800),
        "y_emb.bow_genre_emb.emb.weight": (120, 4800),
        "y_emb.artist_emb.emb.weight": (4111, 4800),
        "y_emb.absolute_pos_emb.emb.weight": (128, 4800),
    }
    empty = [{name: torch.empty(size, device="meta") for name, size in of.items()} for of in (codec, prior)]
    network = Jukebox(empty[0], empty[1], 36)
    for module in network.modules():
        if isinstance(module, Projection):  # as they were published
            module.w = torch.nn.Parameter(module.w.normal_(0, 0.02).half())
    network.codec.codebook.normal_()
    return network


NETWORKS: dict[str, Callable[[], torch.nn.Module]] = {
    "mert-95m": mert_95m,
    "mert-330m": mert_330m,
    "music2vec": music2vec,
    "muq": musicfm,  # the same network
    "muq-mulan": muq_mulan,
    "musicfm": musicfm,
    "encodecmae": encodecmae,
    "mule": mule,
    "jukebox": jukebox,
}


def make(facts: BackendFacts, threads: int, device: str) -> Backend:
    """The backend at its real size. Raises as `load` does, and ModuleNotFoundError without its package."""
    if facts.name not in NETWORKS:
        return load(facts.name, threads, device=device)
    chosen = choose_device(facts, device)
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    with torch.no_grad():
        network = NETWORKS[facts.name]()
    return TorchBackend(facts, network.eval().to(chosen), chosen, threads)


def measure(name: str, seconds: float, threads: int, device: str) -> dict[str, object]:
    facts = backend_facts(name)
    backend = make(facts, threads, device)
    loaded = peak_megabytes()
    music = trial_music(BLOCK_SECONDS, facts.sample_rate, 1)[0]
    length = max(seconds, 2 * facts.patch_seconds) // BLOCK_SECONDS * BLOCK_SECONDS

    def blocks() -> Iterator[np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
        for _ in range(int(length / BLOCK_SECONDS)):
            yield music

    clock, processor = time.perf_counter(), time.process_time()
    heard = backend.embed(blocks())
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    on_cpu = backend.device == "cpu"
    return {
        "device": backend.device,
        "clock": round(heard.heard_seconds / clock, 2),
        "processor": round(heard.heard_seconds / (processor / threads), 2) if on_cpu else None,
        "memory_mb": round(peak_megabytes()),
        "loaded_mb": round(loaded),
        "gpu_mb": None if on_cpu else round(torch.cuda.max_memory_allocated() / MEGA),
        **sizes(facts, with_patches=heard.patches is not None),
    }


def sizes(facts: BackendFacts, *, with_patches: bool) -> dict[str, object]:
    """Megabytes of vectors for an hour of music: tracks and segments in single precision, patches in half."""
    vector = 4 * facts.dimension / MEGA
    return {
        "dimension": facts.dimension,
        "track_mb_hour": round(60 / TRACK_MINUTES * vector, 4),
        "segments_mb_hour": round(3600 / facts.segment_seconds * vector, 3),
        "patches_mb_hour": round(3600 / facts.hop_seconds * vector / 2, 3) if with_patches else 0.0,
    }


def peak_megabytes() -> float:
    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale / MEGA


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="all, if none is named")
    parser.add_argument("--seconds", type=float, default=60.0, help="of music, at least two windows")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.alone:
        try:
            found = measure(arguments.names[0], arguments.seconds, arguments.threads, arguments.device)
        except (SegueError, ModuleNotFoundError) as error:
            found = {"left_out": str(error).splitlines()[0]}
        print(json.dumps(found))
        return
    load_average = f", load average {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"{arguments.threads} threads on {os.cpu_count()} cores{load_average}; MB of vectors for an hour of music")
    print("backend       music s / s: clock  processor   peak MB     track  segments  patches  device")
    results = {}
    for name in arguments.names or BACKENDS:
        results[name] = in_a_process(name, arguments)
        print(row(name, results[name]), flush=True)
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump(results, file, indent=1)


def in_a_process(name: str, arguments: argparse.Namespace) -> dict[str, object]:
    options = [f"--seconds={arguments.seconds}", f"--threads={arguments.threads}", f"--device={arguments.device}"]
    command = [sys.executable, "-m", "bench.backends", name, "--alone", *options]
    environment = os.environ | {"OMP_NUM_THREADS": str(arguments.threads)}
    run = subprocess.run(command, capture_output=True, text=True, env=environment)
    if run.returncode:
        return {"left_out": (run.stderr.strip().splitlines() or ["it was killed"])[-1]}
    found: dict[str, object] = json.loads(run.stdout.splitlines()[-1])
    return found


def row(name: str, found: dict[str, object]) -> str:
    if "left_out" in found:
        return f"{name:<18} {found['left_out']}"
    processor = found["processor"] or ""
    memory = f"{found['memory_mb']}" + (f" + {found['gpu_mb']} GPU" if found["gpu_mb"] else "")
    return (
        f"{name:<22} {found['clock']:>9} {processor:>10} {memory:>9} {found['track_mb_hour']:>9} "
        f"{found['segments_mb_hour']:>9} {found['patches_mb_hour']:>8}  {found['device']}"
    )


if __name__ == "__main__":
    main()
