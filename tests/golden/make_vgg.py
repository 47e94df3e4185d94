"""Makes `vgg.npz`: what the original VGGs of the package `musicnn` say, to hold ours against.

Runs in the environment that `make_musicnn.py` describes, after it: the inputs are those of `musicnn.npz`.

The file holds for each model, on `mel` of `musicnn.npz`, `tags` (the sigmoid of the output) and `pool5` of every
patch, as the network gives it: (patches, 2, 1, 128), time first; and `labels`, which the package's tagger names.
"""

from __future__ import annotations

import platform
from importlib.metadata import version
from pathlib import Path

import numpy as np
import tensorflow as tf
from musicnn import configuration, models

PATCH_FRAMES = 187
# The extractor switches this off, which is not imported here.
tf.compat.v1.disable_eager_execution()

MODELS = {"MTT_vgg": configuration.MTT_LABELS, "MSD_vgg": configuration.MSD_LABELS}
PACKAGES = ("musicnn", "tensorflow-cpu", "numpy")


def run(model: str, patches: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Tags and `pool5` of the original network on each patch by itself."""
    tf.compat.v1.reset_default_graph()
    with tf.name_scope("model"):
        x = tf.compat.v1.placeholder(tf.float32, [None, PATCH_FRAMES, configuration.N_MELS])
        training = tf.compat.v1.placeholder(tf.bool)
        logits, *_pools, pool5 = models.define_model(x, training, model, 50)
        wanted = [tf.nn.sigmoid(logits), pool5]
    with tf.compat.v1.Session() as session:
        tf.compat.v1.train.Saver().restore(session, f"{Path(models.__file__).parent}/{model}/")
        rows = [session.run(wanted, {x: patch[None].astype(np.float32), training: False}) for patch in patches]
    tags, pools = zip(*rows)  # noqa: B905 -- runs on 3.9 too
    return np.concatenate(tags), np.concatenate(pools)


def main() -> None:
    folder = Path(__file__).parent
    with np.load(folder / "musicnn.npz") as inputs:
        mel = inputs["mel"]
    versions = [f"{name} {version(name)}" for name in PACKAGES] + [f"Python {platform.python_version()}"]
    arrays = {"versions": np.array(versions)}
    for model, labels in MODELS.items():
        arrays[f"{model}/tags"], arrays[f"{model}/pool5"] = run(model, mel)
        arrays[f"{model}/labels"] = np.array(labels)
    np.savez_compressed(folder / "vgg.npz", **arrays)


if __name__ == "__main__":
    main()
