"""BERT4REC: what is hidden, what it learns of small worlds, and that it is served as it was trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import pytest
import torch

from ml.models import personal_popularity
from ml.models.bert4rec import Bert4Rec, Bert4RecConfig, fit, hidden
from ml.models.fitted import Fitted
from ml.models.stretches import Rows, Stretches
from ml.models.transformer import SequenceEncoder
from ml.serving import artefact as artefacts
from ml.serving.encoder import OnnxQueryEncoder
from ml.serving.item_tower import OnnxItemTower
from ml.training.data import Cases, Catalogue, History, TrainingData
from ml.training.watch import Progress, TrainingCancelled, Watch
from tests.ml.models.contract import TrainedModelContract

Objective = Literal["masked", "causal"]
OBJECTIVES: list[Objective] = ["masked", "causal"]
ITEMS = 12


class TestMasked(TrainedModelContract):
    strategy = "BERT4REC"
    settings: ClassVar[dict[str, Any]] = {"dimension": 32, "epochs": 20, "batch": 16, "every": 2}


class TestCausal(TrainedModelContract):
    strategy = "BERT4REC"
    settings: ClassVar[dict[str, Any]] = {**TestMasked.settings, "objective": "causal"}


def round_world(*, content: bool, cold: int | None = None) -> TrainingData:
    """After item n comes n + 1, after the last the first; the content of an item is its place on a circle, three
    times as fast in every further pair of numbers. A `cold` item is in no history: whoever comes to it goes on."""
    angle = 2 * np.pi * np.arange(ITEMS) / ITEMS
    pairs = [turn(angle * speed) for speed in (1, 2, 3) for turn in (np.cos, np.sin)]
    histories = [
        History.of([item for step in range(8) if (item := (first + step) % ITEMS) != cold]) for first in range(ITEMS)
    ] * 3
    wanted = [(place, (place + 1) % ITEMS) for place in range(ITEMS)]
    cases = Cases(
        np.arange(ITEMS),
        [History.of([(place - back) % ITEMS for back in (3, 2, 1, 0)]) for place, _ in wanted],
        np.array([after for _, after in wanted]),
    )
    vectors = np.stack(pairs, axis=1).astype(np.float32) if content else None
    return TrainingData(Catalogue(np.arange(ITEMS) + 100, vectors), histories, cases)


def config(objective: Objective, **given: object) -> Bert4RecConfig:
    small: dict[str, object] = {
        "objective": objective,
        "dimension": 16,
        "blocks": 1,
        "hidden": 32,
        "dropout": 0.0,
        "max_history": 8,
        "batch": 12,
        "learning_rate": 0.01,
        "warmup": 1,
        "epochs": 40,
        "patience": 40,
        "every": 10,
    }
    return Bert4RecConfig(**(small | given))  # type: ignore[arg-type]  # a mapping of settings


def answers(model: Fitted, data: TrainingData) -> list[int]:
    """The item that each validation case is given first, its own history left out."""
    vectors = model.item_vectors(data.catalogue.content, data.catalogue.ids)
    scores = model.queries(data.validation.histories)[:, 0] @ vectors.T
    for row, history in enumerate(data.validation.histories):
        scores[row, history.items] = -np.inf
    return scores.argmax(axis=1).tolist()


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("negatives", [0, 6])
def test_it_learns_what_comes_next(objective: Objective, negatives: int) -> None:
    data = round_world(content=False)
    model = fit(data, config(objective, negatives=negatives), Watch(seed=1))
    assert answers(model, data) == data.validation.targets.tolist()


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("negatives", [0, 1])
def test_what_was_heard_before_and_what_nobody_heard_are_no_wrong_answers(objective: Objective, negatives: int) -> None:
    # Of three items nobody heard the last; to whom heard the first, only the second is left to be told from.
    nobody = Cases(np.empty(0, np.int64), [], np.empty(0, np.int64))
    data = TrainingData(Catalogue(np.arange(3), np.eye(3, dtype=np.float32)), [History.of([0, 1])], nobody)
    rows = Rows(torch.tensor([[0, 1]]), torch.ones(1, 2))
    losses = {
        again: [
            Bert4Rec(
                config(objective, negatives=negatives, mask=0.0, last=1.0, again=again),
                data,
                torch.Generator().manual_seed(1),
            )
            .loss(rows, torch.Generator().manual_seed(seed))
            .item()
            for seed in range(8)
        ]
        for again in (False, True)
    }
    assert losses[False] == [0.0] * 8
    # Where it may be heard again, the first is a wrong answer: always, or when it is drawn as the one negative.
    wrong = [loss > 0.0 for loss in losses[True]]
    assert all(wrong) if negatives == 0 else any(wrong)


def test_the_same_seed_gives_the_same_model_and_another_seed_another() -> None:
    data = round_world(content=True)
    vectors = [
        fit(data, config("masked", epochs=3, dropout=0.5), Watch(seed=seed)).queries(data.validation.histories)
        for seed in (1, 1, 2)
    ]
    np.testing.assert_array_equal(vectors[0], vectors[1])
    assert not np.array_equal(vectors[0], vectors[2])


def test_a_training_that_stopped_goes_on_to_the_same_model(tmp_path: Path) -> None:
    data, seen = round_world(content=True), list[Progress]()
    settings = config("masked", epochs=4, every=1, dropout=0.5)
    checkpoint = tmp_path / "checkpoint"
    stopping = Watch(seed=1, checkpoint=checkpoint, report=seen.append, cancelled=lambda: len(seen) == 2)
    with pytest.raises(TrainingCancelled):
        fit(data, settings, stopping)
    resumed = fit(data, settings, Watch(seed=1, checkpoint=checkpoint, report=seen.append))
    assert [progress.epoch for progress in seen] == [1, 2, 3, 4]
    whole = fit(data, settings, Watch(seed=1))
    histories = data.validation.histories
    np.testing.assert_array_equal(resumed.queries(histories), whole.queries(histories))
    np.testing.assert_array_equal(resumed.learned, whole.learned)


def test_a_share_of_items_is_hidden_at_least_one() -> None:
    lengths = torch.arange(400) % 5 + 2  # 2 … 6
    weights = (torch.arange(6)[None] < lengths[:, None]).float()
    given, masks = hidden(weights, 0.5, 0.0, torch.Generator().manual_seed(1))
    torch.testing.assert_close(given, weights)
    assert not masks[weights == 0].any()
    assert masks.any(dim=1).all()
    # Half of them, and one of those rows in which none was drawn: Σ ½ˡ for l = 2 … 6, 80 rows each, of 1600 items.
    expected = 0.5 + 80 * sum(0.5**length for length in range(2, 7)) / 1600
    assert float(masks.sum() / weights.sum()) == pytest.approx(expected, abs=0.03)


def test_rows_end_where_it_is_drawn_and_their_newest_item_is_hidden() -> None:
    weights = torch.tensor([[2.0, 1, 3, 1, 0]] * 300)
    given, masks = hidden(weights, 0.5, 1.0, torch.Generator().manual_seed(1))
    newest = masks.int().argmax(dim=1)
    assert masks.sum(dim=1).tolist() == [1] * 300
    assert sorted(set(newest.tolist())) == [1, 2, 3]
    assert [float((newest == place).float().mean()) for place in (1, 2, 3)] == pytest.approx([1 / 3] * 3, abs=0.08)
    for row, place in zip(given, newest.tolist(), strict=True):
        assert row.tolist() == [*weights[0, : place + 1].tolist(), *[0] * (4 - place)]


def test_personal_popularity_is_how_often_a_listener_heard_an_item() -> None:
    items, weights = torch.tensor([[3, 1, 3, 0], [2, 2, 2, 2]]), torch.tensor([[1.0, 1, 2, 0], [0, 0, 0, 0]])
    found = personal_popularity.scores(items, weights, 5)
    # Item 3 was heard three times, item 1 once: log(1 + 1) / log(1 + 3) = 1/2.
    torch.testing.assert_close(found, torch.tensor([[0.0, 0.5, 0, 1, 0], [0, 0, 0, 0, 0]]))


@pytest.mark.parametrize("negatives", [0, 3])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_what_a_listener_heard_before_is_expected_by_popularity_alone(objective: Objective, negatives: int) -> None:
    """With a gain of 1 a score is the personal popularity and nothing else. Who heard item 1, 1 and 1 again: the last
    has log 2 / log 2 = 1, the four others 0, over a temperature of ½."""
    data = TrainingData(Catalogue(np.arange(5)), [History.of([1, 1])])
    settings = config(objective, personal_popularity=1.0, temperature=0.5, last=1.0, negatives=negatives)
    module = Bert4Rec(settings, data, torch.Generator().manual_seed(1))
    loss = module.loss(Rows(torch.tensor([[1, 1]]), torch.ones(1, 2)), torch.Generator().manual_seed(4))
    if negatives:
        drawn = torch.Generator().manual_seed(4)
        if objective == "masked":
            hidden(torch.ones(1, 2), 0.5, 1.0, drawn)
        others = int((torch.randint(5, (3,), generator=drawn) != 1).sum()) * 5 / 3
    else:
        others = 4
    assert loss.item() == pytest.approx(np.log(np.exp(2) + others) - 2, abs=1e-5)


def encoder(*, masked: bool) -> SequenceEncoder:
    made = SequenceEncoder(8, blocks=2, heads=2, hidden=16, dropout=0.0, places=6, masked=masked)
    with torch.no_grad():
        for number, parameter in enumerate(made.parameters()):
            parameter.copy_(torch.randn(parameter.shape, generator=torch.Generator().manual_seed(number)))
    return made.eval()


def unit(*shape: int) -> torch.Tensor:
    return torch.nn.functional.normalize(torch.randn(*shape, generator=torch.Generator().manual_seed(9)), dim=-1)


def test_a_mask_after_the_newest_item_is_what_a_hidden_newest_item_is_in_training() -> None:
    made, items = encoder(masked=True), unit(1, 5, 8)
    weights = torch.ones(1, 5)
    masks = torch.tensor([[False, False, False, False, True]])
    trained = made.at_masks(items, weights, masks)
    served = made(items[:, :4], torch.ones(1, 4))
    torch.testing.assert_close(served, trained, atol=1e-5, rtol=0)


def test_what_is_hidden_does_not_show() -> None:
    made, items = encoder(masked=True), unit(1, 5, 8)
    weights = torch.ones(1, 5)
    masks = torch.tensor([[False, True, False, True, False]])
    changed = items.clone()
    changed[0, [1, 3]] = items[0, [3, 0]]
    torch.testing.assert_close(made.at_masks(items, weights, masks), made.at_masks(changed, weights, masks))


def test_causal_training_asks_after_each_item_as_serving_does_after_the_newest() -> None:
    made, items = encoder(masked=False), unit(1, 5, 8)
    trained = made.after_each(items, torch.ones(1, 5))
    for length in range(1, 6):
        served = made(items[:, :length], torch.ones(1, length))
        torch.testing.assert_close(served, trained[length - 1 : length], atol=1e-5, rtol=0)


@pytest.mark.parametrize("masked", [True, False])
def test_what_does_not_count_changes_nothing(masked: bool) -> None:
    made, items = encoder(masked=masked), unit(1, 6, 8)
    weights = torch.tensor([[0.0, 1.0, 0.0, 0.0, 1.0, 1.0]])
    torch.testing.assert_close(made(items, weights), made(items[:, [1, 4, 5]], torch.ones(1, 3)), atol=1e-5, rtol=0)


@pytest.mark.parametrize("masked", [True, False])
def test_what_counts_twice_is_seen_as_two(masked: bool) -> None:
    # Two heads, two blocks: the same item at the same place twice would be seen exactly so.
    made, items = encoder(masked=masked), unit(1, 3, 8)
    with torch.no_grad():
        made.places.weight.zero_()
    twice = made(items[:, [0, 1, 1, 2]], torch.ones(1, 4))
    if masked:  # each item sees all others, so that both copies are alike
        torch.testing.assert_close(made(items, torch.tensor([[1.0, 2, 1]])), twice, atol=1e-5, rtol=0)
    heavy = made(items, torch.tensor([[1.0, 50, 1]]))
    assert not torch.allclose(made(items, torch.ones(1, 3)), heavy, atol=1e-3)


@pytest.mark.parametrize("weights", [[1.0, 1, 1, 1, 0], [1.0, 2, 1, 3, 1]])
def test_causal_training_sees_weights_as_serving_does(weights: list[float]) -> None:
    made, items, given = encoder(masked=False), unit(1, 5, 8), torch.tensor([weights])
    trained = made.after_each(items, given)
    for row in range(len(trained)):
        served = made(items[:, : row + 1], given[:, : row + 1])
        torch.testing.assert_close(served, trained[row : row + 1], atol=1e-5, rtol=0)


def test_stretches_hold_every_item_and_the_newest_whole() -> None:
    long, short = History.of(np.arange(25)), History.of([100, 101, 102])
    batches = list(Stretches([long, short, History.of([7])], 10).batches(2, torch.Generator().manual_seed(3)))
    rows = [row[seen > 0].tolist() for rows in batches for row, seen in zip(rows.items, rows.weights, strict=True)]
    assert [100, 101, 102] in rows
    assert list(range(15, 25)) in rows
    assert {item for row in rows for item in row} == {*range(25), 100, 101, 102}
    assert all(2 <= len(row) <= 10 and row == list(range(row[0], row[-1] + 1)) for row in rows)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_what_is_served_is_what_was_trained(tmp_path: Path, objective: Objective) -> None:
    data = round_world(content=True, cold=5)
    model = fit(data, config(objective, epochs=2), Watch(seed=1))
    model.export(tmp_path / "parts")
    artefact = artefacts.load(tmp_path, artefacts.store(tmp_path / "parts", tmp_path))
    assert artefact.facts.variant == objective
    assert artefact.items.tolist() == [item for item in range(100, 100 + ITEMS) if item != 105]
    assert data.catalogue.content is not None
    vectors = OnnxItemTower(artefact).vectors(data.catalogue.content, data.catalogue.ids)
    expected = model.item_vectors(data.catalogue.content, data.catalogue.ids)
    np.testing.assert_allclose(vectors, expected, atol=1e-5)
    served = OnnxQueryEncoder(artefact)
    for length in (1, 3, 8, 50):
        items = np.arange(length) % ITEMS
        query = served.encode(vectors[items], np.ones(length, dtype=np.float32))
        np.testing.assert_allclose(query, model.queries([History.of(items)])[0], atol=1e-5)
