"""Files that were refused, so that they are not read again until they change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, text

# A newer program may be able to read what an older one could not.
KNOWN_REFUSALS = text("""
    SELECT r.path, r.size, r.modified_ns, r.reason
    FROM unnest(CAST(:paths AS text[])) AS asked (path) JOIN refused_files r ON r.path = asked.path
    WHERE r.program = :program
""")

UPSERT_REFUSAL = text("""
    INSERT INTO refused_files (path, size, modified_ns, reason, program)
    VALUES (:path, :size, :modified_ns, :reason, :program)
    ON CONFLICT (path) DO UPDATE
    SET size = EXCLUDED.size, modified_ns = EXCLUDED.modified_ns, reason = EXCLUDED.reason,
        program = EXCLUDED.program, refused_at = now()
""")

FORGET_REFUSALS = text("DELETE FROM refused_files WHERE path = ANY (CAST(:paths AS text[]))")


class Refusal(NamedTuple):
    """A file as it was when it was refused, and why."""

    path: str
    size: int
    modified_ns: int
    reason: str


def known_refusals(connection: Connection, paths: Iterable[str], program: str) -> dict[str, Refusal]:
    """Those of `paths` that this version of the `program` refused."""
    rows = connection.execute(KNOWN_REFUSALS, {"paths": list(paths), "program": program})
    return {row.path: Refusal(*row) for row in rows}


def write_refusals(connection: Connection, refusals: Sequence[Refusal], program: str) -> None:
    if refusals:
        connection.execute(UPSERT_REFUSAL, [refusal._asdict() | {"program": program} for refusal in refusals])


def forget_refusals(connection: Connection, paths: Sequence[str]) -> None:
    """Files that were taken, or are gone."""
    connection.execute(FORGET_REFUSALS, {"paths": list(paths)})
