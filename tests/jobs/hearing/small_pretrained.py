"""Work for a confined process that hears with a small pretrained network, loaded as the real ones are."""

from __future__ import annotations

from jobs.hearing.decoding import Listening
from ml.backends.protocol import Backend, Means
from tests.ml.backends import test_mert, test_muq_mulan


def mert() -> Backend:
    return test_mert.Test95M.make(test_mert.Test95M.facts())


def mulan() -> Backend:
    return test_muq_mulan.TestMuQMuLan.make(test_muq_mulan.FACTS)


def hearing_mert(name: str | None, means: Means) -> Listening:
    return Listening(mert())


def hearing_mulan(name: str | None, means: Means) -> Listening:
    return Listening(mulan())
