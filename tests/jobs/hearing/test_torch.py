"""A network on torch works in a process that has given up nearly everything."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from jobs.hearing.answers import Heard, unpack_hearing
from jobs.hearing.confined import ConfinedProcess
from jobs.hearing.decoding import hear
from jobs.hearing.limits import Limits
from tests.jobs.hearing import small_torch
from tests.ml.recordings import sine, write


def test_it_hears_what_it_hears_without_a_process(tmp_path: Path) -> None:
    path = write(tmp_path / "a.flac", sine(62, 16_000)[np.newaxis], 16_000, layout="mono")
    with ConfinedProcess(
        limits=Limits(), backend="random", threads=2, device="cpu", work=f"{small_torch.__name__}:hearing"
    ) as process:
        header, payload = process.ask(path)
        assert process.device == "cpu"
        assert isinstance(header, Heard)
        heard = unpack_hearing(small_torch.FACTS, header, payload, 3600.0)
    expected = hear(small_torch.backend(2), path)
    np.testing.assert_allclose(heard.embedding.vector, expected.vector, atol=1e-6)
    # 62 s are four segments of 15 s; the last two seconds are a patch of their own.
    assert [s.end_seconds for s in heard.embedding.segments] == [15.0, 30.0, 45.0, 60.0, 62.0]
