"""What to play for a user, and what next in a session."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from domain import ids
from domain.choices import Choice, choose
from domain.diversity import take
from domain.errors.artefacts import ArtefactDamaged, ArtefactMissing
from domain.errors.listening import SessionNotFound, UserNotFound
from domain.history import SESSION_HALF_LIFE, USER_HALF_LIFE, Heard, History, Weighted, disliked, liked, weighted
from domain.listener_reasons import listener_reasons
from domain.listening import Impression
from domain.lists import ranked as places
from domain.lists import require_known_tags
from domain.ports import Models, Ranking, Retrieval, Shown
from domain.recommendations import Candidate, RecommendationList, StrategyName
from domain.requests import ListenerRequest, Without
from domain.spaces import DEFAULT_SPACE, Space
from domain.strategies import RANKINGS, Compares, Knn, Trained, nearest, ranked

logger = logging.getLogger("segue.recommendations")

NOT_IN_SPACE = "Nothing that was listened to lies in space '{space}'."
NOTHING_HEARD = "Nothing has been listened to yet."
ALL_HEARD = "Everything that matches was heard already, or disliked. `includeHeard` brings back what was heard."


@dataclass(frozen=True, slots=True)
class Answer:
    """What was chosen, by what; `liked` is what of the history it was compared with."""

    choice: Choice
    chosen: list[Candidate]
    liked: Weighted | None = None


class ForListeners:
    """Answers for users and sessions, and keeps what was shown. What cannot be compared falls back: strategy → KNN →
    popular → any, and the list says why."""

    def __init__(self, retrieval: Retrieval, models: Models | None = None, shown: Shown | None = None) -> None:
        self._retrieval = retrieval
        self._models = models
        self._shown = shown

    async def recommend(self, request: ListenerRequest) -> RecommendationList:
        """min(`request.first`, number that match) tracks.

        Raises UserNotFound, SessionNotFound, InvalidFilter, and for explicit wishes that cannot be met SpaceNotFound,
        SpaceNotReady, ModelNotFound, ModelNotReady and ConflictingArguments.
        """
        require_known_tags(request.filter)
        spaces = await self._retrieval.spaces()
        served = () if self._models is None else await self._models.served()
        choice = choose(request, spaces, served)
        history = await self._history(request, choice.space)
        request = replace(request, user_id=history.user_id)
        answer = await self._answer(request, choice, history, spaces.get(DEFAULT_SPACE))
        answer = await self._filled(request, answer)
        made = await self._list(request, answer)
        if self._shown is not None:
            await self._shown.store(_impression(request, made))
        return made

    async def _history(self, request: ListenerRequest, space: Space | None) -> History:
        found = await self._retrieval.history(request.user_id, request.session_id, space)
        if found is not None:
            return found
        if request.session_id is not None:
            raise SessionNotFound(id=ids.encode("Session", str(request.session_id)))
        raise UserNotFound(id=ids.encode("User", str(request.user_id)))

    async def _answer(
        self, request: ListenerRequest, choice: Choice, history: History, default: Space | None
    ) -> Answer:
        if choice.space is None:
            return Answer(choice, await self._ranked(request, RANKINGS[choice.strategy], history, default))
        heard = _asked_about(request, history)
        reason = None
        try:
            found = await self._compared(request, choice, choice.space, history, heard)
        except (ArtefactMissing, ArtefactDamaged) as error:
            if request.model is not None or request.strategy not in (None, StrategyName.AUTO):
                raise
            logger.exception("model %s cannot be served", choice.model.name if choice.model else "")
            found, reason = None, f"The {choice.strategy} model cannot be loaded ({error.code})."
        if found is not None:
            return found
        any_liked = bool(liked(heard))
        if reason is None:
            reason = NOT_IN_SPACE.format(space=choice.space.name) if any_liked else NOTHING_HEARD
        if any_liked and choice.strategy is not StrategyName.KNN and default is not None:
            history = await self._history(request, default)
            knn = Choice(StrategyName.KNN, default, fallback_reason=reason)
            found = await self._compared(request, knn, default, history, _asked_about(request, history))
            if found is not None:
                return found
        popular = Choice(StrategyName.POPULAR, fallback_reason=reason)
        return Answer(popular, await self._ranked(request, Ranking.POPULAR, history, default))

    async def _compared(
        self, request: ListenerRequest, choice: Choice, space: Space, history: History, heard: Sequence[Heard]
    ) -> Answer | None:
        """None where nothing of the history is there to be compared with."""
        strategy: Compares = Knn()
        if choice.model is not None and self._models is not None:
            strategy = Trained(await self._models.encoder(choice.model))
        half_life = None
        if strategy.half_life:
            half_life = USER_HALF_LIFE if request.session_id is None else SESSION_HALF_LIFE
        for_taste = weighted(liked(heard), history, half_life)
        if not len(for_taste):
            return None
        queries = strategy.queries(for_taste, weighted(disliked(heard), history, half_life), request.options)
        if not len(queries.vectors):
            return None
        own_plays = Counter[int]()
        if request.include_heard and request.options.personal_popularity > 0:
            for track_id, weight in liked(history.heard):
                own_plays[track_id] += int(weight)
        chosen = await nearest(
            self._retrieval,
            space,
            queries,
            request.first,
            request.filter,
            request.options,
            _without(request),
            own_plays,
            with_embeddings=request.explained,
        )
        return Answer(choice, chosen, for_taste)

    async def _ranked(
        self, request: ListenerRequest, ranking: Ranking, history: History, default: Space | None
    ) -> list[Candidate]:
        whose = request.session_id or request.user_id
        seed = f"{whose}/{history.newest_id}" if ranking is Ranking.RANDOM else f"{whose}"
        return await ranked(
            self._retrieval,
            ranking,
            seed,
            default,
            request.first,
            request.filter,
            request.options,
            _without(request),
        )

    async def _filled(self, request: ListenerRequest, answer: Answer) -> Answer:
        """A list that has places left gets what matches and could not be compared, the most popular first."""
        missing = request.first - len(answer.chosen)
        if missing <= 0 or answer.choice.space is None:
            return answer
        options = replace(request.options, diversity=0.0)
        more = await ranked(
            self._retrieval,
            Ranking.POPULAR,
            f"{request.session_id or request.user_id}",
            None,
            request.first + len(answer.chosen),
            request.filter,
            options,
            _without(request),
        )
        known = {candidate.track.id for candidate in answer.chosen}
        rest = [candidate for candidate in more if candidate.track.id not in known]
        chosen = take([*answer.chosen, *rest], request.first, options)
        choice = answer.choice
        if len(chosen) > len(known) and choice.fallback_reason is None:
            reason = f"Only {len(known)} of them could be compared in space '{answer.choice.space.name}'."
            choice = replace(choice, fallback_reason=reason)
        return Answer(choice, chosen, answer.liked)

    async def _list(self, request: ListenerRequest, answer: Answer) -> RecommendationList:
        choice, chosen = answer.choice, answer.chosen
        strategy: StrategyName | None = choice.strategy
        fallback_reason = choice.fallback_reason
        if strategy is StrategyName.POPULAR and chosen and not any(c.plays and c.plays.listeners for c in chosen):
            fallback_reason = f"{fallback_reason or ''} Nothing of this was played here yet: any track will do.".strip()
            strategy = strategy if request.strategy is strategy else None
        if not chosen and not request.include_heard:
            fallback_reason = ALL_HEARD
        why = await listener_reasons(self._retrieval, answer.liked, chosen) if request.explained else {}
        return RecommendationList(
            strategy=strategy,
            space=choice.space.name if choice.space else None,
            fallback_reason=fallback_reason,
            items=places(chosen, why),
            strategy_reason=choice.reason,
            model=choice.model,
            impression_id=uuid4(),
        )


def _asked_about(request: ListenerRequest, history: History) -> tuple[Heard, ...]:
    """What of a history an answer comes from: a session's own part, where it has any that is liked; else all."""
    session = history.of_session()
    if request.session_id is None or request.options.earlier_history or not liked(session):
        return history.heard
    return session


def _without(request: ListenerRequest) -> Without:
    return Without(user_id=request.user_id, heard=not request.include_heard)


def _impression(request: ListenerRequest, made: RecommendationList) -> Impression:
    return Impression(
        id=made.impression_id or UUID(int=0),
        user_id=request.user_id,
        session_id=request.session_id,
        strategy=made.strategy,
        model_id=made.model.id if made.model else None,
        space=made.space,
        track_ids=tuple(item.candidate.track.id for item in made.items),
    )
