"""What answers a listener: chosen models, fallbacks, interests, earlier history, personal popularity."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import numpy as np
import pytest

from domain.errors.artefacts import ArtefactMissing
from domain.errors.asking import ConflictingArguments
from domain.errors.models import ModelNotFound, ModelNotReady
from domain.listening import InteractionKind
from domain.models import ServedModel
from domain.ports import QueryEncoder
from domain.recommendations import ReasonKind, RecommendationList, RecommendationOptions, StrategyName
from domain.requests import ListenerRequest
from domain.service import RecommendationService
from sql.database import Database
from sql.retrieval.recommended import PostgresRetrieval
from tests.domain.listeners import OWN_SPACE, Archive, ModelsOfTests, filled

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def archive(new_database: Callable[[], str]) -> Archive:
    return filled(new_database())


@pytest.fixture
async def retrieval(archive: Archive) -> AsyncIterator[PostgresRetrieval]:
    database = Database(archive.url, size=2, statement_timeout_seconds=10)
    yield PostgresRetrieval(database, exact_below=20_000)
    await database.close()


class Measured(ModelsOfTests):
    """With what each active model reached on a test."""

    def __init__(self, **ndcg: float) -> None:
        super().__init__([StrategyName[name] for name in ndcg])
        self._served = [replace(model, ndcg=ndcg.get(model.strategy)) for model in self._served]


class Lost(ModelsOfTests):
    """Models whose files are gone."""

    async def encoder(self, model: ServedModel) -> QueryEncoder:  # type: ignore[override]  # it never gives one
        raise ArtefactMissing(path=model.name)


def ids(found: RecommendationList) -> list[int]:
    return [item.candidate.track.id for item in found.items]


def nearest(vectors: np.ndarray, query: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Rows, nearest first, by brute force."""
    return among[np.argsort(-(vectors[among].astype(np.float64) @ query), kind="stable")]


async def test_the_best_active_model_answers_and_the_list_says_why(
    retrieval: PostgresRetrieval, archive: Archive
) -> None:
    service = RecommendationService(retrieval, Measured(HYBRID=0.1, BERT4REC=0.2, COLLABORATIVE=0.05))
    user = archive.user()
    archive.record(user, archive.tracks[:2])
    found = await service.for_listener(ListenerRequest(user_id=user, first=5))
    assert (found.strategy, found.space) == (StrategyName.BERT4REC, OWN_SPACE)
    assert found.model is not None
    assert found.model.name == "bert4rec-7"
    assert found.strategy_reason == (
        "BERT4REC: the best of 3 active models, with an NDCG@10 of 0.200 on this archive's own listening."
    )
    # Its encoder takes the mean of both, and the nearest to that in the model's own space follow.
    rows = nearest(archive.own, archive.own[0] + archive.own[1], np.arange(2, 56))
    assert ids(found) == [archive.tracks[row] for row in rows[:5]]


async def test_a_named_model_answers_though_it_is_not_active(retrieval: PostgresRetrieval, archive: Archive) -> None:
    service = RecommendationService(retrieval, Measured(HYBRID=0.1))
    user = archive.user()
    archive.record(user, archive.tracks[:1])
    asked = ListenerRequest(user_id=user, model="shallow-7")
    found = await service.for_listener(asked)
    assert (found.strategy, found.strategy_reason) == (StrategyName.SHALLOW, None)
    with pytest.raises(ConflictingArguments):
        await service.for_listener(replace(asked, strategy=StrategyName.HYBRID))
    with pytest.raises(ConflictingArguments):
        await service.for_listener(replace(asked, space="mert-95m"))
    with pytest.raises(ModelNotFound):
        await service.for_listener(replace(asked, model="shallow-8"))
    with pytest.raises(ModelNotReady):
        await service.for_listener(ListenerRequest(user_id=user, strategy=StrategyName.SHALLOW))


async def test_a_model_whose_file_is_gone_is_replaced_by_knn_unless_it_was_asked_for(
    retrieval: PostgresRetrieval, archive: Archive
) -> None:
    service = RecommendationService(retrieval, Lost())
    user = archive.user()
    archive.record(user, archive.tracks[:1])
    found = await service.for_listener(ListenerRequest(user_id=user, first=3))
    assert (found.strategy, found.space, found.model) == (StrategyName.KNN, "musicnn-mtt", None)
    assert found.fallback_reason == "The SHALLOW model cannot be loaded (ARTEFACT_MISSING)."
    rows = nearest(archive.vectors, archive.vectors[0], np.arange(1, 56))
    assert ids(found) == [archive.tracks[row] for row in rows[:3]]
    with pytest.raises(ArtefactMissing):
        await service.for_listener(ListenerRequest(user_id=user, strategy=StrategyName.SHALLOW))


async def test_each_interest_has_its_fair_share(retrieval: PostgresRetrieval, archive: Archive) -> None:
    service = RecommendationService(retrieval)
    user = archive.user()
    # Two tracks that are as unlike as any, the second one heard last.
    likeness = archive.vectors[:50] @ archive.vectors[:50].T
    one, other = np.unravel_index(likeness.argmin(), likeness.shape)
    archive.record(user, [archive.tracks[one], archive.tracks[other]])
    options = RecommendationOptions(interests=2)
    found = await service.for_listener(ListenerRequest(user_id=user, first=6, options=options))
    among = np.array([row for row in range(56) if row not in (one, other)])
    sides = {
        archive.tracks[row]: archive.vectors[row] @ archive.vectors[one] > archive.vectors[row] @ archive.vectors[other]
        for row in among
    }
    # Weights 2^(−1/50) and 1: the places alternate, the last heard first.
    expected: list[int] = []
    queues = [
        [archive.tracks[row] for row in nearest(archive.vectors, archive.vectors[end], among)] for end in (other, one)
    ]
    for place in range(6):
        expected.append(next(track for track in queues[place % 2] if track not in expected))
    assert ids(found) == expected
    assert set(map(bool, (sides[track] for track in expected))) == {True, False}


async def test_what_was_heard_before_a_session_counts_on_request(
    retrieval: PostgresRetrieval, archive: Archive
) -> None:
    service = RecommendationService(retrieval)
    user = archive.user()
    session = archive.session(user)
    archive.record(user, archive.tracks[:1])
    before = await service.for_listener(ListenerRequest(session_id=session, first=3))
    among = np.arange(1, 56)
    rows = nearest(archive.vectors, archive.vectors[0], among)
    assert ids(before) == [archive.tracks[row] for row in rows[:3]]
    archive.record(user, archive.tracks[30:31], session=session)
    rest = among[among != 30]
    now = await service.for_listener(ListenerRequest(session_id=session, first=3))
    assert ids(now) == [archive.tracks[row] for row in nearest(archive.vectors, archive.vectors[30], rest)[:3]]
    both = RecommendationOptions(earlier_history=True)
    mixed = await service.for_listener(ListenerRequest(session_id=session, first=3, options=both))
    # Five tracks halve a weight: the earlier one counts 2^(−1/5).
    query = archive.vectors[30] + 2 ** (-1 / 5) * archive.vectors[0]
    assert ids(mixed) == [archive.tracks[row] for row in nearest(archive.vectors, query, rest)[:3]]


async def test_what_was_heard_often_gains_by_personal_popularity(
    retrieval: PostgresRetrieval, archive: Archive
) -> None:
    service = RecommendationService(retrieval)
    user = archive.user()
    for rows in ([7, 40, 20], [7, 40], [7, 7, 7], [7]):
        archive.record(user, [archive.tracks[row] for row in rows], session=archive.session(user))
    options = RecommendationOptions(personal_popularity=1.0)
    asked = ListenerRequest(user_id=user, first=3, include_heard=True, options=options)
    found = await service.for_listener(asked)
    assert ids(found) == [archive.tracks[row] for row in (7, 40, 20)]
    assert [reason.kind for reason in found.items[0].reasons] == [ReasonKind.HEARD_BEFORE]


async def test_a_skip_moves_the_list(retrieval: PostgresRetrieval, archive: Archive) -> None:
    service = RecommendationService(retrieval)
    user = archive.user()
    archive.record(user, archive.tracks[:1])
    archive.record(user, archive.tracks[10:11], InteractionKind.SKIP)
    found = await service.for_listener(ListenerRequest(user_id=user, first=5))
    rest = np.array([row for row in range(1, 56) if row != 10])
    query = archive.vectors[0] - 0.25 * archive.vectors[10]
    assert ids(found) == [archive.tracks[row] for row in nearest(archive.vectors, query, rest)[:5]]
