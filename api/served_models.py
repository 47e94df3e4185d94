"""Trained models at request time: which can answer, and their query encoders, loaded once."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence

import anyio
import anyio.to_thread

from api.tracing import TracedEncoder
from domain.errors.artefacts import ArtefactMissing
from domain.errors.storage import ObjectNotFound
from domain.models import ServedModel
from domain.ports import QueryEncoder
from domain.tracing import Tracer
from jobs.storage.kept import KeptObjects
from jobs.storage.keys import artefact_key
from jobs.storage.protocol import Storage
from ml.serving.artefact import read
from ml.serving.encoder import OnnxQueryEncoder
from sql.models.model_reads import ModelReads

# How old what is known of models may be.
SECONDS = 2.0
ENCODERS_AT_HAND = 16


class ServedModels:
    """`domain.ports.Models`: rows of the database, and files of the object storage, of which `kept` are on this
    machine. Where there is a `tracer`, it is told when a model computes."""

    def __init__(
        self,
        reads: ModelReads,
        storage: Callable[[], Awaitable[Storage]],
        kept: KeptObjects,
        tracer: Tracer | None = None,
    ) -> None:
        self._reads = reads
        self._storage = storage
        self._kept = kept
        self._tracer = tracer
        self._known: dict[str, tuple[ServedModel, str]] = {}
        self._known_at = float("-inf")
        self._loading = anyio.Lock()
        self._encoders: OrderedDict[str, OnnxQueryEncoder] = OrderedDict()

    async def served(self) -> Sequence[ServedModel]:
        """Every model that can answer, the active ones first; as old as two seconds at most."""
        if time.monotonic() - self._known_at > SECONDS:
            self._known = await self._reads.served()
            self._known_at = time.monotonic()
        return [model for model, _ in self._known.values()]

    async def encoder(self, model: ServedModel) -> QueryEncoder:
        """Raises ArtefactMissing, ArtefactDamaged, and what the storage raises."""
        encoder = await self._loaded(model)
        return encoder if self._tracer is None else TracedEncoder(encoder, self._tracer)

    async def _loaded(self, model: ServedModel) -> OnnxQueryEncoder:
        _, sha256 = self._known[model.name]
        found = self._encoders.get(sha256)
        if found is not None:
            return found
        async with self._loading:
            if sha256 not in self._encoders:
                loaded = await anyio.to_thread.run_sync(_load, self._kept, await self._storage(), sha256)
                self._encoders[sha256] = loaded
                if len(self._encoders) > ENCODERS_AT_HAND:
                    self._encoders.popitem(last=False)
            return self._encoders[sha256]


def _load(kept: KeptObjects, storage: Storage, sha256: str) -> OnnxQueryEncoder:
    key = artefact_key(sha256)
    try:
        data = kept.read(storage, key, sha256)
    except ObjectNotFound as error:
        raise ArtefactMissing(path=key) from error
    return OnnxQueryEncoder(read(data, sha256))
