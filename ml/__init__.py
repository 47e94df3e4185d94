"""How Segue hears: decoding, audio backends, and what is learned from them."""

import os

# Before any of them is imported: ONNX Runtime reports each model it runs to its makers, and keeps a number of this
# machine, unless it is told not to; the hub's client counts its calls. Nothing leaves an archive unasked.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
