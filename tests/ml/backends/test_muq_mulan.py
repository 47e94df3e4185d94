"""MuQ-MuLan's ears: the contract, and the vectors of its own package."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from domain.errors.machine import WeightsDamaged
from domain.spaces import BACKENDS, BackendFacts
from ml.backends.protocol import Backend
from tests.golden.drawn import drawn_music
from tests.golden.shapes import shapes
from tests.golden.small_muq import MULAN, MUQ, XLM_ROBERTA, small_tokenizer
from tests.ml.backends.contract import BackendContract, chords
from tests.ml.backends.small import load_small, small_facts
from tests.ml.backends.test_muq import Arrays, checkpoint, read_golden

DIMENSION = MULAN["mulan"]["dim_latent"]
FACTS = small_facts("muq-mulan", DIMENSION)


@pytest.fixture(scope="module")
def golden() -> Arrays:
    return read_golden()


def write(folder: Path, changes: dict[str, Any] | None = None) -> None:
    """All files of a small MuQ-MuLan, in the form of the published ones."""
    torch.save(checkpoint(read_golden()["mulan/names"]), folder / "pytorch_model.bin")
    (folder / "config.json").write_text(json.dumps(MULAN | (changes or {})))
    (folder / "muq.json").write_text(json.dumps(MUQ))
    (folder / "xlm-roberta.json").write_text(json.dumps(XLM_ROBERTA))
    small_tokenizer().save(str(folder / "tokenizer.json"))


class TestMuQMuLan(BackendContract):
    name = "muq-mulan"
    other_music_below = 0.9999  # random weights

    @classmethod
    def make(cls, facts: BackendFacts) -> Backend:
        return load_small(facts, write)

    @classmethod
    def facts(cls) -> BackendFacts:
        return FACTS


def test_ten_seconds_have_the_vector_of_its_package(golden: Arrays) -> None:
    backend = TestMuQMuLan.make(FACTS)
    for samples, expected in zip(drawn_music(10.0, 24_000), golden["mulan/audio"], strict=True):
        np.testing.assert_allclose(backend.embed([samples]).vector, expected, atol=1e-4)


def test_a_recording_is_the_mean_of_the_vectors_of_ten_seconds_each(golden: Arrays) -> None:
    backend = TestMuQMuLan.make(FACTS)
    first, second = drawn_music(10.0, 24_000)
    third = chords(4, 24_000)
    heard = backend.embed([first, second, third])
    # 24 s are 10, 10 and 4; each vector has unit length, and counts by the seconds that it stands for.
    mean = 10 * golden["mulan/audio"][0] + 10 * golden["mulan/audio"][1] + 4 * backend.embed([third]).vector
    np.testing.assert_allclose(heard.vector, mean / np.linalg.norm(mean), atol=1e-4)
    assert [(s.start_seconds, s.end_seconds) for s in heard.segments] == [(0.0, 10.0), (10.0, 20.0), (20.0, 24.0)]


def test_every_tensor_of_a_checkpoint_belongs_somewhere(golden: Arrays) -> None:
    named = {name.removeprefix("mulan.") for name in shapes(golden["mulan/names"])}
    of_audio = {name for name in named if name.startswith(("audio.", "audio_to_latents."))}
    of_text = {name for name in named if name.startswith(("text.", "text_to_latents."))}
    assert named - of_audio - of_text == {"contrast.temperatures"}  # of training
    own = vars(TestMuQMuLan.make(FACTS))["_network"].state_dict()
    above = {name.removeprefix("tower.") for name in own if name.startswith("tower.")}
    assert {name.removeprefix("audio.") for name in of_audio if not name.startswith("audio.model.")} == {
        name.replace("to_latents", "audio_to_latents") for name in above
    } | {"aggregator.weight", "aggregator.bias"}  # which its own code does not use either


def test_the_layer_that_it_reads_is_configured() -> None:
    audio = MULAN["audio_model"]
    music = drawn_music(3.0, 24_000)[0]

    def heard(index: int) -> Backend:
        return load_small(FACTS, lambda folder: write(folder, {"audio_model": audio | {"use_layer_idx": index}}))

    # Three layers after what enters them: -1 is the third, -3 the first.
    last, first = (heard(index).embed([music]).vector for index in (-1, -3))
    np.testing.assert_array_equal(heard(3).embed([music]).vector, last)
    np.testing.assert_array_equal(heard(1).embed([music]).vector, first)
    assert first @ last < 0.999
    with pytest.raises(WeightsDamaged, match="there is no layer 4 of 3"):
        heard(4)


def test_another_dimension_is_refused() -> None:
    with pytest.raises(WeightsDamaged, match="its vectors have 12 numbers instead of 512"):
        load_small(small_facts("muq-mulan", BACKENDS["muq-mulan"].dimension), write)


def test_no_other_space_has_text() -> None:
    assert [name for name, facts in BACKENDS.items() if facts.text] == ["muq-mulan"]
