"""The other side of `bench/embed.py`, run in the original's own environment: musicnn's extractor over WAV files.

Reads a model's name a line from standard input, answers with the seconds that all files took, by the clock and of
processor time. TensorFlow is imported
before the first answer; its thread pools take all cores.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
import warnings

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
warnings.filterwarnings("ignore")

from importlib.metadata import version  # noqa: E402  the environment variable must come first

from musicnn.extractor import extractor  # noqa: E402


def main() -> None:
    answers = sys.stdout
    print(f"musicnn {version('musicnn')}, numpy {version('numpy')}, librosa {version('librosa')}", flush=True)
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        for line in sys.stdin:
            start, start_of_cpu = time.perf_counter(), time.process_time()
            for path in sys.argv[1:]:
                extractor(path, model=line.strip())
            print(time.perf_counter() - start, time.process_time() - start_of_cpu, file=answers, flush=True)


if __name__ == "__main__":
    main()
