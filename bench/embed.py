"""How fast recordings are embedded, against the original MusiCNN on the same files, and with how much memory.

    python bench/embed.py FILES… --original-python PATH/TO/its/python

FILES are recordings (.m4a to compare with the published figures). The original reads no .m4a and gets WAV made from the
same files, not timed. Its environment is the one that `tests/golden/make_musicnn.py` names; without it only our side is
measured. Ours runs as in production: two processes with one thread each work through the list. Loading (of libraries
and networks here, of TensorFlow there) is not timed; every pass over all files is.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np

from ml.audio import channel_blocks, decode
from ml.backends.musicnn import MODELS
from ml.backends.registry import load
from ml.mel import SAMPLE_RATE, log_mel
from ml.probe import probe

PROCESSES = 2
LONG_HOURS = 3
MEMORY_LIMIT_MB = 700


class Spent(NamedTuple):
    """Seconds that one pass over all files took, by the clock and of processor time on all cores."""

    clock: float
    cpu: float


def main() -> None:
    arguments = parse_arguments()
    files: list[Path] = arguments.files
    seconds = sum(probe(file).packet_seconds for file in files)
    print(f"{len(files)} files, {seconds / 60:.1f} min; {os.cpu_count()} cores, {platform.processor() or 'CPU'}")
    with tempfile.TemporaryDirectory() as folder:
        compare_throughput(files, seconds, arguments.original_python, arguments.rounds, Path(folder))
        print_shares(files, seconds)
        if not arguments.no_memory:
            print_memory(files[0], Path(folder))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILES")
    parser.add_argument("--original-python", type=Path, help="python of the environment with TensorFlow and musicnn")
    parser.add_argument("--rounds", type=int, default=5, help="passes over all files, alternating (default 5)")
    parser.add_argument("--no-memory", action="store_true", help=f"leave out the {LONG_HOURS}-hour file")
    return parser.parse_args()


def compare_throughput(files: list[Path], seconds: float, python: Path | None, rounds: int, folder: Path) -> None:
    """Alternate ours and the original, backend by backend, so that whatever else the machine does meets both."""
    passes: dict[tuple[str, str], Callable[[], Spent]] = {}
    with ours(files) as ours_pass, original(python, files, folder) as original_pass:
        for backend, model in MODELS.items():
            passes[backend, "ours"] = partial(ours_pass, backend)
            if original_pass:
                passes[backend, "original"] = partial(original_pass, model)
        for one_pass in passes.values():  # caches, lazy initialization
            one_pass()
        spent: dict[tuple[str, str], list[Spent]] = {key: [] for key in passes}
        for _ in range(rounds):
            for key, one_pass in passes.items():
                spent[key].append(one_pass())
    print(f"\nend to end, median of {rounds} passes: × real time (slowest–fastest); × real time per second of CPU")
    for backend in MODELS:
        for side in ("ours", "original"):
            if found := spent.get((backend, side)):
                rates = [seconds / one.clock for one in found]
                of_cpu = statistics.median(seconds / one.cpu for one in found)
                spread = f"({min(rates):.0f}–{max(rates):.0f})"
                print(f"  {backend}  {side:8} {statistics.median(rates):7.0f} {spread:>11} {of_cpu:8.0f}")
        if (backend, "original") in spent:
            pairs = list(zip(spent[backend, "ours"], spent[backend, "original"], strict=True))
            by_clock = statistics.median(theirs.clock / mine.clock for mine, theirs in pairs)
            by_cpu = statistics.median(theirs.cpu / mine.cpu for mine, theirs in pairs)
            print(f"  {backend}  ratio    {by_clock:7.1f} {'':>11} {by_cpu:8.1f}")


@contextmanager
def ours(files: list[Path]) -> Iterator[Callable[[str], Spent]]:
    """A function that embeds all files with one backend and returns what it took."""
    context = multiprocessing.get_context("spawn")
    tasks, done = context.Queue(), context.Queue()
    workers = [context.Process(target=work, args=(tasks, done), daemon=True) for _ in range(PROCESSES)]
    for worker in workers:
        worker.start()

    def embed_all(backend: str) -> Spent:
        start = time.perf_counter()
        for file in files:
            tasks.put((backend, file))
        cpu = sum(done.get() for _ in files)
        return Spent(time.perf_counter() - start, cpu)

    yield embed_all
    for _ in workers:
        tasks.put(None)
    for worker in workers:
        worker.join()


def work(tasks: multiprocessing.Queue, done: multiprocessing.Queue) -> None:
    """One worker process: embeds what it is given, until it is given nothing, and says how much CPU time it took."""
    backends = {name: load(name, threads=1) for name in MODELS}
    while task := tasks.get():
        name, file = task
        start = time.process_time()
        backends[name].embed(decode(file, SAMPLE_RATE))
        done.put(time.process_time() - start)


@contextmanager
def original(python: Path | None, files: list[Path], folder: Path) -> Iterator[Callable[[str], Spent] | None]:
    """The same for the original's models; None without its environment."""
    if python is None:
        yield None
        return
    script = Path(__file__).with_name("original_musicnn.py")
    command = [python, script, *(as_wav(file, folder / f"{number}.wav") for number, file in enumerate(files))]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        questions, answers = process.stdin, process.stdout
        print(f"original: {answers.readline().strip()}")

        def extract_all(model: str) -> Spent:
            print(model, file=questions, flush=True)
            return Spent(*map(float, answers.readline().split()))

        yield extract_all
        questions.close()


def as_wav(file: Path, path: Path) -> Path:
    """`file` as 16-bit WAV of the same rate and channels."""
    with wave.open(str(path), "wb") as output:
        for number, (block, rate) in enumerate(channel_blocks(file)):
            if number == 0:
                output.setparams((len(block), 2, rate, 0, "NONE", ""))
            output.writeframes((np.clip(block.T, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def print_shares(files: list[Path], seconds: float) -> None:
    """Where the time of one core goes, step by step."""
    start = time.process_time()
    samples = [np.concatenate(list(decode(file, SAMPLE_RATE))) for file in files]
    steps = {"decode, downmix, resample": time.process_time() - start}
    start = time.process_time()
    for recording in samples:
        for _frames in log_mel([recording]):
            pass
    steps["mel"] = mel = time.process_time() - start
    for name in MODELS:
        backend = load(name)
        start = time.process_time()
        for recording in samples:
            backend.embed([recording])
        steps[f"network {name}"] = time.process_time() - start - mel
    print("\none core, × real time")
    for step, spent in steps.items():
        print(f"  {step:26}  {seconds / spent:6.0f}")


def print_memory(file: Path, folder: Path) -> None:
    """Peak resident memory of a process that embeds a long recording."""
    long = repeat(file, folder / "long.m4a", LONG_HOURS * 3600)
    print(f"\na process that embeds {LONG_HOURS} hours")
    for name in MODELS:
        run = subprocess.run(
            [sys.executable, __file__, "--one", name, long], capture_output=True, text=True, check=True
        )
        peak, spent, heard = map(float, run.stdout.split())
        print(f"  {name}  peak {peak:4.0f} MB (at most {MEMORY_LIMIT_MB}), {heard / spent:.0f} × real time on one core")
        assert heard > LONG_HOURS * 3600 * 0.99


def repeat(file: Path, path: Path, seconds: float) -> Path:
    """The packets of `file` over and over, as one long recording."""
    with av.open(str(path), "w", format="mp4") as output:
        time_stamp, stream = 0, None
        while stream is None or time_stamp * stream.time_base < seconds:
            with av.open(str(file)) as container:
                source = container.streams.audio[0]
                stream = stream or output.add_stream_from_template(source)
                for packet in container.demux(source):
                    if packet.size:
                        packet.stream, packet.pts, packet.dts = stream, time_stamp, time_stamp
                        time_stamp += packet.duration
                        output.mux(packet)
    return path


def embed_one(name: str, file: Path) -> None:
    """What the process of `print_memory` does: prints its peak in MB, the seconds it took, and the seconds it heard."""
    start = time.perf_counter()
    heard = load(name).embed(decode(file, SAMPLE_RATE)).heard_seconds
    # Not `ru_maxrss`, which a child inherits from the process that forked it.
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert peak
    print(int(peak[1]) / 1000, time.perf_counter() - start, heard)


if __name__ == "__main__":
    if sys.argv[1] == "--one":
        embed_one(sys.argv[2], Path(sys.argv[3]))
    else:
        main()
