"""Keeps a space's vectors in the object storage, too: a snapshot of every revision that took over."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

import psycopg

from domain.errors.base import SegueError
from domain.settings import Settings
from jobs.snapshots import export_embeddings
from jobs.storage.location import open_storage

log = logging.getLogger(__name__)


def snapshot_key(space: str, revision_id: int) -> str:
    """Where the snapshot of a revision lies in the storage."""
    return f"snapshots/{space}/r{revision_id}.parquet"


def store_snapshot(settings: Settings, database_url: str, space: str, revision_id: int) -> bool:
    """Write the vectors of a space, whose active revision this is, to the storage; returns whether that was done.

    The database has them all: one that cannot be written is only logged.
    """
    key = snapshot_key(space, revision_id)
    about = {"revision_id": revision_id}
    try:
        with tempfile.TemporaryDirectory(prefix="segue-") as folder:
            file = Path(folder) / "snapshot.parquet"
            vectors = export_embeddings(database_url, space, file)
            open_storage(settings).put(key, file)
    except (SegueError, OSError, psycopg.Error) as error:
        log.error("No snapshot of '%s' in the storage: %s", space, error, extra=about)
        return False
    log.info("%d vectors of '%s' in the storage as %s", vectors, space, key, extra=about)
    return True
