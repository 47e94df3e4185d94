"""Networks of transformers, and our own, work in a process that has given up nearly everything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from jobs.hearing.answers import Heard, unpack_hearing
from jobs.hearing.confined import ConfinedProcess
from jobs.hearing.decoding import hear
from jobs.hearing.limits import Limits
from ml.backends.protocol import Backend
from tests.jobs.hearing import small_pretrained
from tests.ml.recordings import sine, write


@pytest.mark.parametrize("make", [small_pretrained.mert, small_pretrained.mulan])
def test_they_hear_what_they_hear_without_a_process(tmp_path: Path, make: Callable[[], Backend]) -> None:
    # The last window is shorter than all before it, and none was as short when the process gave up its rights.
    path = write(tmp_path / "a.flac", sine(31.7, 24_000)[np.newaxis], 24_000, layout="mono")
    backend = make()
    work = f"{small_pretrained.__name__}:hearing_{make.__name__}"
    with ConfinedProcess(
        limits=Limits(stall_seconds=240), backend=backend.facts.name, threads=1, device="cpu", work=work
    ) as process:
        header, payload = process.ask(path)
        assert isinstance(header, Heard)
        heard = unpack_hearing(backend.facts, header, payload, 3600.0)
    np.testing.assert_allclose(heard.embedding.vector, hear(backend, path).vector, atol=1e-5)
    assert heard.embedding.segments[-1].end_seconds == pytest.approx(31.7)
