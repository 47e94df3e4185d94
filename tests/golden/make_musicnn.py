"""Makes `musicnn.npz`: what the original MusiCNN says, to hold ours against.

Runs in an environment of its own, because the original needs TensorFlow and an old NumPy:

    python3.11 -m venv golden && golden/bin/pip install tensorflow-cpu==2.15.1 librosa==0.11.0 'numpy<2'
    golden/bin/pip install --no-deps musicnn==0.1.0
    golden/bin/python tests/golden/make_musicnn.py

The file holds the inputs too: `audio` (int16, 16 kHz mono), `mel` (float16 values that the networks got as float32)
and `librosa_mel` (librosa's mel power of `audio`), and for each model, on `mel`, `tags`, `mean_pool`, `max_pool` and
`penultimate` of every patch; from `audio` to the end, `audio_tags` and `audio_penultimate` of every patch;
`extractor_tags` and `extractor_penultimate` are what the package's own `extractor` returns for `audio`. NumPy before 2
is needed: with 2, the original's float16 front end overflows to infinity on the loud half of `audio`.
"""

from __future__ import annotations

import platform
import tempfile
from importlib.metadata import version
from pathlib import Path

import librosa
import numpy as np
import soundfile
import tensorflow as tf
from musicnn import configuration, models
from musicnn.extractor import batch_data, extractor

PATCH_FRAMES = 187
MODELS = ("MTT_musicnn", "MSD_musicnn")
OUTPUTS = ("tags", "mean_pool", "max_pool", "penultimate")
PACKAGES = ("musicnn", "tensorflow-cpu", "librosa", "numpy", "scipy", "soundfile")


def make_audio() -> np.ndarray:
    """Twelve and a half seconds: soft plucked notes, then loud chords with drums up to full scale; (samples,) int16."""
    rng = np.random.RandomState(2015)
    audio = np.zeros(200_000)
    for number, start in enumerate(range(0, 190_000, 4_000)):
        loud = start >= 100_000
        pitches = 110 * 2 ** (rng.choice([0, 3, 5, 7, 10, 12, 15, 19], 3 if loud else 1) / 12)
        times = np.arange(min(24_000, len(audio) - start)) / 16_000
        for pitch in pitches:
            for harmonic in range(1, 12):
                partial = np.sin(2 * np.pi * pitch * harmonic * times) * np.exp(-times * (2 + harmonic)) / harmonic
                audio[start : start + len(times)] += partial * (2.5 if loud else 0.04)
        if loud and number % 2:
            hit = rng.standard_normal(2_000) * np.exp(-np.arange(2_000) / 300)
            audio[start : start + 2_000] += hit
    audio += 1e-4 * rng.standard_normal(len(audio))
    return np.round(np.clip(audio, -1, 1) * 32767).astype(np.int16)


def make_mel(audio: np.ndarray) -> np.ndarray:
    """Patches no recording would give beside some of `audio`: (patches, frames, bands) float16."""
    rng = np.random.RandomState(1998)
    smooth = np.cumsum(rng.standard_normal((PATCH_FRAMES, 96)), axis=0)
    log_power = np.log10(10_000 * librosa_mel(audio.astype(np.float32) / 32768) + 1)
    patches = [
        np.zeros((PATCH_FRAMES, 96)),
        np.full((PATCH_FRAMES, 96), 7.5),
        rng.uniform(0, 8, (PATCH_FRAMES, 96)),
        np.clip(3 + smooth / 4, 0, 8),
        log_power[:PATCH_FRAMES],
        log_power[3 * PATCH_FRAMES : 4 * PATCH_FRAMES],
    ]
    return np.stack(patches).astype(np.float16)


def librosa_mel(samples: np.ndarray) -> np.ndarray:
    """Mel power as (frames, bands), called as the original calls it."""
    mel = librosa.feature.melspectrogram(
        y=samples,
        sr=configuration.SR,
        hop_length=configuration.FFT_HOP,
        n_fft=configuration.FFT_SIZE,
        n_mels=configuration.N_MELS,
    )
    return mel.T


def run(model: str, patches: np.ndarray) -> dict[str, np.ndarray]:
    """The original network on each patch by itself, which its extractor's batch loop gets wrong."""
    tf.compat.v1.reset_default_graph()
    with tf.name_scope("model"):
        x = tf.compat.v1.placeholder(tf.float32, [None, PATCH_FRAMES, configuration.N_MELS])
        training = tf.compat.v1.placeholder(tf.bool)
        logits, *_layers, mean_pool, max_pool, penultimate = models.define_model(x, training, model, 50)
        wanted = [tf.nn.sigmoid(logits), mean_pool, max_pool, penultimate]
    with tf.compat.v1.Session() as session:
        tf.compat.v1.train.Saver().restore(session, f"{Path(models.__file__).parent}/{model}/")
        rows = [session.run(wanted, {x: patch[None].astype(np.float32), training: False}) for patch in patches]
    return {name: np.concatenate(column) for name, column in zip(OUTPUTS, zip(*rows))}  # noqa: B905 — runs on 3.9 too


def main() -> None:
    audio = make_audio()
    mel = make_mel(audio)
    power = librosa_mel(audio.astype(np.float32) / 32768)
    assert power.max() > 6.55, "loud enough that the original overflows with NumPy 2"
    versions = [f"{name} {version(name)}" for name in PACKAGES] + [f"Python {platform.python_version()}"]
    arrays = {"versions": np.array(versions), "audio": audio, "mel": mel, "librosa_mel": power[:400]}
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/audio.wav"
        soundfile.write(path, audio, configuration.SR)
        batch, _ = batch_data(path, PATCH_FRAMES, PATCH_FRAMES)
        assert np.isfinite(batch).all()
        for model in MODELS:
            for name, values in run(model, mel).items():
                arrays[f"{model}/{name}"] = values
            heard = run(model, batch)
            arrays[f"{model}/audio_tags"] = heard["tags"]
            arrays[f"{model}/audio_penultimate"] = heard["penultimate"]
            taggram, labels, features = extractor(path, model=model)
            arrays[f"{model}/labels"] = np.array(labels)
            arrays[f"{model}/extractor_tags"] = taggram
            arrays[f"{model}/extractor_penultimate"] = features["penultimate"]
    np.savez_compressed(Path(__file__).with_name("musicnn.npz"), **arrays)


if __name__ == "__main__":
    main()
