"""What every trained model must do. A model's tests inherit from `TrainedModelContract` and say how it is trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray

from ml.evaluation.metrics.hit_rate import hit_rate
from ml.evaluation.recommendation import evaluate
from ml.models.protocol import Recommender
from ml.models.registry import trainer
from ml.serving import artefact as artefacts
from ml.serving.artefact import Artefact
from ml.serving.encoder import OnnxQueryEncoder
from ml.serving.item_tower import OnnxItemTower
from ml.training.data import Cases, History, TrainingData
from ml.training.watch import Watch
from tests.ml.models.planted import COLD_ITEMS, IDS, ITEMS, KIND, KINDS, USER_KIND, USERS, planted

Vectors = NDArray[np.float32]


class TrainedModelContract:
    strategy: ClassVar[str]
    settings: ClassVar[dict[str, Any]] = {}  # Any: settings are of several types
    reads_content: ClassVar[bool] = True
    # Whether what counts more in a history draws the query nearer.
    weighs: ClassVar[bool] = True

    @pytest.fixture(scope="class")
    @classmethod
    def data(cls) -> TrainingData:
        return planted()[0]

    @pytest.fixture(scope="class")
    @classmethod
    def asked(cls) -> Cases:
        return planted()[1]

    @pytest.fixture(scope="class")
    @classmethod
    def model(cls, data: TrainingData) -> Recommender:
        return cls.fitted(data)

    @pytest.fixture(scope="class")
    @classmethod
    def vectors(cls, model: Recommender, data: TrainingData) -> Vectors:
        """(items, dimension)"""
        return model.item_vectors(data.catalogue.content, data.catalogue.ids)

    @pytest.fixture(scope="class")
    @classmethod
    def served(cls, model: Recommender, tmp_path_factory: pytest.TempPathFactory) -> Artefact:
        """The model after a journey through a file."""
        folder = tmp_path_factory.mktemp("model")
        model.export(folder / "parts")
        return artefacts.load(folder, artefacts.store(folder / "parts", folder))

    @classmethod
    def fitted(cls, data: TrainingData, seed: int = 3, **settings: Any) -> Recommender:  # Any: as above
        how = trainer(cls.strategy)
        return how.fit(data, how.config(**(cls.settings | settings)), Watch(seed=seed, device="cpu"))

    def scores(self, model: Recommender, vectors: Vectors, histories: list[History]) -> Vectors:
        """(histories, items): cosine with the nearest interest."""
        found: Vectors = (model.queries(histories) @ vectors.T).max(axis=1)
        return found

    def test_vectors_are_of_unit_length(self, model: Recommender, vectors: Vectors, asked: Cases) -> None:
        assert vectors.shape == (ITEMS, model.dimension)
        lengths = np.ones(ITEMS)
        if not self.reads_content:
            lengths[COLD_ITEMS] = 0  # of them it knows nothing
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), lengths, atol=1e-5)
        queries = model.queries(asked.histories)
        assert queries.shape[::2] == (USERS, model.dimension)
        np.testing.assert_allclose(np.linalg.norm(queries[:, 0], axis=1), 1, atol=1e-5)

    def test_it_finds_what_was_planted(self, model: Recommender, vectors: Vectors, asked: Cases) -> None:
        scores = self.scores(model, vectors, list(asked.histories))
        for row, history in enumerate(asked.histories):
            scores[row, history.items] = -np.inf
        lists = np.argsort(-scores, axis=1)[:, :10]
        # 17 of the 107 items that a user has not heard are of the user's kind: by chance 16 % of the places.
        assert (KIND[lists] == USER_KIND[:, None]).mean() >= 0.9
        # A list of the right kind in random order holds the target in 10 of 17 cases, .59 ± .05 for 80 users; by chance
        # it were 10 of 107, .09. Two cold items are never the target, and a model that knows it does better.
        ranks = evaluate(lambda histories: self.scores(model, vectors, list(histories)), asked)
        assert hit_rate(ranks, 10).mean() >= 0.59 - 3 * 0.05

    def test_a_track_that_nobody_heard_is_recommended_to_who_likes_its_kind(
        self, model: Recommender, vectors: Vectors, asked: Cases
    ) -> None:
        if not self.reads_content:
            np.testing.assert_array_equal(vectors[COLD_ITEMS], 0)
            return
        scores = self.scores(model, vectors, list(asked.histories))[:, COLD_ITEMS]  # (users, cold)
        best = COLD_ITEMS[np.argsort(-scores, axis=1)[:, : len(COLD_ITEMS) // KINDS]]
        # By chance a quarter of them.
        assert (KIND[best] == USER_KIND[:, None]).mean() >= 0.9

    def test_one_item_is_a_history(self, model: Recommender, vectors: Vectors) -> None:
        hot = np.arange(len(COLD_ITEMS), ITEMS)
        scores = self.scores(model, vectors, [History.of([item]) for item in hot])
        scores[np.arange(len(hot)), hot] = -np.inf
        nearest = np.argsort(-scores, axis=1)[:, :10]
        # By chance 29 of 119, 24 %.
        assert (KIND[nearest] == KIND[hot][:, None]).mean() >= 0.7

    def test_an_empty_history_has_no_query(self, model: Recommender, served: Artefact) -> None:
        queries = model.queries([History.of([]), History.of([9, 13])])
        np.testing.assert_array_equal(queries[0], 0)
        np.testing.assert_array_equal(queries[1], model.queries([History.of([9, 13])])[0])
        none = np.empty((0, model.dimension), dtype=np.float32)
        assert OnnxQueryEncoder(served).encode(none, np.empty(0, dtype=np.float32)).shape == (0, model.dimension)

    def test_what_counts_more_draws_the_query_nearer(self, model: Recommender, vectors: Vectors) -> None:
        if not self.weighs:
            pytest.skip(f"{self.strategy} reads what was heard, not how much it counts")
        items = np.array([8, 9, 10, 11, 8 + KINDS, 9 + KINDS])  # of the kinds 0, 1, 2, 3, 0, 1
        for first, other in ((0, 1), (1, 2), (3, 0)):
            pair = items[[first, other]]
            much, little = (History(pair, np.array(weights, np.float32)) for weights in ((5, 1), (1, 5)))
            scores = model.queries([much, little])[:, 0] @ vectors.T  # of the weightiest interest
            assert scores[0, pair[0]] > scores[1, pair[0]]
            assert scores[1, pair[1]] > scores[0, pair[1]]

    def test_the_same_seed_gives_the_same_model_and_another_seed_another(self, data: TrainingData) -> None:
        first, again, other = (self.fitted(data, seed, epochs=2) for seed in (1, 1, 2))
        one, same, else_ = (m.item_vectors(data.catalogue.content, IDS) for m in (first, again, other))
        np.testing.assert_array_equal(one, same)
        histories = [History.of([20, 30, 41]), History.of([50])]
        np.testing.assert_array_equal(first.queries(histories), again.queries(histories))
        assert np.abs(one - else_).max() > 1e-4

    def test_items_are_known_by_their_ids(self, model: Recommender, vectors: Vectors, data: TrainingData) -> None:
        content = data.catalogue.content
        assert content is not None
        some = np.array([70, 3, 25])
        np.testing.assert_allclose(model.item_vectors(content[some], IDS[some]), vectors[some], atol=1e-6)
        # Under an id that it does not know a track is cold, whatever it sounds like.
        unknown = model.item_vectors(content[some], np.array([1, 2, 3]))
        cold = model.item_vectors(content[COLD_ITEMS], np.array([1, 2, 3, 4, 5, 6, 7, 8]))
        np.testing.assert_allclose(cold, vectors[COLD_ITEMS], atol=1e-6)
        assert unknown.shape == (3, model.dimension)
        if not self.reads_content:
            np.testing.assert_array_equal(unknown, 0)

    def test_the_served_item_tower_gives_the_same(
        self, model: Recommender, vectors: Vectors, served: Artefact, data: TrainingData
    ) -> None:
        assert served.facts.strategy == self.strategy
        assert served.facts.dimension == model.dimension
        tower = OnnxItemTower(served)
        np.testing.assert_allclose(tower.vectors(data.catalogue.content, IDS), vectors, atol=1e-5)
        some = np.array([70, 3, 25])
        content = data.catalogue.content[some] if data.catalogue.content is not None else None
        np.testing.assert_allclose(
            tower.vectors(content, np.array([1, 2, 3])), model.item_vectors(content, np.array([1, 2, 3])), atol=1e-5
        )

    @pytest.mark.parametrize("length", [1, 2, 17, 50, 500])
    def test_the_served_query_encoder_gives_the_same(
        self, model: Recommender, vectors: Vectors, served: Artefact, length: int
    ) -> None:
        random = np.random.default_rng(length)
        items = random.choice(np.arange(len(COLD_ITEMS), ITEMS), length)
        weights = random.choice(np.array([1, 2], dtype=np.float32), length)
        expected = model.queries([History(items, weights)])[0]
        found = OnnxQueryEncoder(served).encode(vectors[items], weights)
        np.testing.assert_allclose(found, expected[: len(found)], atol=1e-5)
        np.testing.assert_array_equal(expected[len(found) :], 0)

    def test_a_model_is_the_same_file_every_time(self, model: Recommender, served: Artefact, tmp_path: Path) -> None:
        model.export(tmp_path / "parts")
        assert artefacts.store(tmp_path / "parts", tmp_path) == served.sha256
