"""The weights of backends, on this machine and in the storage that others share."""

from __future__ import annotations

import logging
from enum import StrEnum
from pathlib import Path

from domain.errors.machine import ExtraMissing, InvalidSetting, WeightsDamaged
from domain.errors.storage import ObjectNotFound
from domain.settings import Settings
from domain.spaces import BackendFacts, WeightFile, backend_facts, base_name
from jobs.hearing.ear import Ear
from jobs.hearing.limits import Limits
from jobs.storage.location import open_storage
from jobs.storage.protocol import Storage
from ml.serving.text_towers import place as place_of_tower
from ml.weights import check, missing, place, require
from ml.weights_fetch import fetch

log = logging.getLogger(__name__)


class Presence(StrEnum):
    """Where a backend's weights are: a package or nothing at all brings them, on this machine, in the shared storage,
    nowhere."""

    BUILT_IN = "built in"
    HERE = "here"
    STORED = "in the storage"
    MISSING = "missing"


class WeightStore:
    """The weights that SEGUE_WEIGHTS_DIR means: a folder, or an S3 prefix and the folder of this machine's copies."""

    def __init__(self, settings: Settings) -> None:
        """Raises InvalidSetting, and what opening the storage raises."""
        self.root = settings.weights_folder
        self._storage = _storage(settings)

    def presence(self, facts: BackendFacts) -> Presence:
        """Where a backend's weights are. Raises what the storage raises."""
        if not facts.weights:
            return Presence.BUILT_IN
        absent = missing(self.root, facts)
        if not absent:
            return Presence.HERE
        if self._storage is not None and all(self._storage.exists(_key(facts, file)) for file in absent):
            return Presence.STORED
        return Presence.MISSING

    def require(self, facts: BackendFacts) -> None:
        """Raises WeightsMissing, with what to do, where a backend's weights are nowhere, and what the storage
        raises."""
        if self.presence(facts) is Presence.MISSING:
            require(self.root, facts)

    def bring(self, facts: BackendFacts) -> None:
        """Copy what is missing here from the storage, where there is one; what it lacks stays missing.

        Raises what the storage raises, WeightsDamaged when a copy is not what it should be.
        """
        if self._storage is None:
            return
        for file in missing(self.root, facts):
            target = place(self.root, facts, file)
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._storage.fetch(_key(facts, file), target)
            except ObjectNotFound:
                continue
            try:
                check(target, file, file.sha256)
            except WeightsDamaged:
                target.unlink()
                raise
            log.info("Copied the weights of '%s' from the storage: %s", facts.name, target)

    def fetch(self, facts: BackendFacts) -> None:
        """Get what is missing, from the storage or else from where it is published, and share it through the storage.

        Raises as `bring` and `ml.weights_fetch.fetch` do.
        """
        self.bring(facts)
        fetch(self.root, facts)
        if self._storage is not None:
            for file in facts.weights:
                if not self._storage.exists(_key(facts, file)):
                    self._storage.put(_key(facts, file), place(self.root, facts, file))

    def export_text(self, facts: BackendFacts) -> Path:
        """Make the text tower of a joint space from its weights, for the API on this machine; returns its folder.

        Raises WeightsMissing, WeightsDamaged, and ExtraMissing without the libraries that its networks come from.
        """
        into = place_of_tower(self.root, facts)
        if missing(self.root, facts):
            require(self.root, facts)
        try:
            from ml.backends import mulan_text
        except ModuleNotFoundError as error:
            if (error.name or "").split(".")[0] in ("domain", "ml"):
                raise
            raise ExtraMissing(feature=f"The text tower of '{facts.name}'", extra="backends") from error
        mulan_text.export(self.root, facts, into)
        return into


def make_ear(settings: Settings, threads: int, backend: str) -> Ear:
    """An ear with a backend's weights at hand, copied from the storage if they are there.

    Raises as `WeightStore` and `Ear` do; weights that are nowhere are told when it starts.
    """
    facts = backend_facts(backend)
    if facts.weights:
        WeightStore(settings).bring(facts)
    return Ear(
        backend,
        threads=threads,
        limits=Limits.of(settings),
        device=settings.device,
        weights=settings.weights_folder,
    )


def _storage(settings: Settings) -> Storage | None:
    if not settings.weights_dir or not settings.weights_dir.startswith("s3://"):
        return None
    try:
        return open_storage(settings.model_copy(update={"storage_url": settings.weights_dir}))
    except InvalidSetting as error:
        raise InvalidSetting(**error.details | {"name": "SEGUE_WEIGHTS_DIR"}) from None


def _key(facts: BackendFacts, file: WeightFile) -> str:
    return f"{base_name(facts.name)}/{file.name}"
