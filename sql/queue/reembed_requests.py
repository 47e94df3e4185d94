"""Re-embedding, asked for by the API: what can be refused at once is, the rest is a worker's first step."""

from __future__ import annotations

from uuid import uuid4

import orjson
import psycopg
from psycopg import sql

from domain.errors.asking import NothingToReembed, SpaceNotReady, SpaceOfOtherWeights
from domain.jobs import Job
from domain.selections import Selection, SelectionKind
from domain.spaces import backend_facts
from sql.database import Database, Row
from sql.queue.job_reads import JOB, job_of

# Two that ask for the same at once get one job.
LOCK_REQUESTS = "SELECT pg_advisory_xact_lock(hashtext('segue-reembed'), hashtext(%(space)s))"

# What made the space's active revision, and whether there is a recording that could be heard again.
SITUATION = """
    SELECT
        (SELECT r.revision FROM spaces s JOIN space_revisions r ON r.id = s.active_revision_id
         WHERE s.name = %(space)s),
        EXISTS (SELECT FROM tracks t
                WHERE NOT t.silent AND NOT t.missing AND EXISTS (SELECT FROM track_files f WHERE f.track_id = t.id))
"""

NAMES = {
    SelectionKind.COMPOSER: "SELECT id, name FROM composers UNION SELECT composer_id, alias FROM composer_aliases",
    SelectionKind.ALBUM: "SELECT id, title FROM albums",
}

# A job that does the same already. Of those that hear a whole archive, the newer revision's.
JOIN = sql.SQL("""
    SELECT {job} FROM jobs j
    WHERE j.kind IN ('reembed-request', 'reembed') AND j.status IN ('WAITING', 'RUNNING')
      AND j.arguments ->> 'space' = %(space)s AND j.arguments ->> 'where' IS NOT DISTINCT FROM %(where)s::text
    ORDER BY j.created_at DESC LIMIT 1
""").format(job=sql.SQL(JOB))

ALLOW_MISSING = """
    UPDATE jobs SET arguments = arguments || '{"allow_missing": true}' WHERE id = %(id)s
"""

REQUEST = sql.SQL("""
    INSERT INTO jobs AS j (id, kind, status, arguments, total, done, failed)
    VALUES (%(id)s, 'reembed-request', 'WAITING', %(arguments)s::jsonb, 0, 0, 0)
    RETURNING {job}
""").format(job=sql.SQL(JOB))


class ReembedRequests:
    """Writes job rows that ask for tracks to be heard again. Every call may raise DatabaseUnreachable, and may then be
    made again: it joins what it began."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def request(self, space: str, selection: Selection | None, *, allow_missing: bool) -> Job:
        """A job that fills a backend's space anew, or, with a selection, hears some of its tracks again; the one that
        does so already, if there is one.

        Raises BackendNotFound, SpaceNotReady for a space that was never embedded, NothingToReembed without any
        recording; and with a selection UnknownName, and SpaceOfOtherWeights when what is heard now cannot be compared
        with the rest.
        """
        facts = backend_facts(space)
        [(revision, is_something_there)] = await self._database.rows(SITUATION, {"space": space})
        if revision is None:
            raise SpaceNotReady(name=space)
        if selection is None:
            if not is_something_there:
                raise NothingToReembed
        else:
            if revision != facts.revision:
                raise SpaceOfOtherWeights(name=space, found=revision, expected=facts.revision)
            if selection.kind.takes_name:
                selection.choose([(id_, name) for id_, name in await self._database.rows(NAMES[selection.kind])])
        return await self._database.transact(lambda connection: _request(connection, space, selection, allow_missing))


async def _request(
    connection: psycopg.AsyncConnection[Row], space: str, selection: Selection | None, allow_missing: bool
) -> Job:
    where = str(selection) if selection else None
    key = {"space": space, "where": where}
    await connection.execute(LOCK_REQUESTS, key)
    joined = await (await connection.execute(JOIN, key)).fetchone()
    if joined is not None:
        if allow_missing:
            await connection.execute(ALLOW_MISSING, {"id": joined[0]})
        return job_of(joined)
    arguments: dict[str, str | bool] = {"space": space}
    if where is not None:
        arguments["where"] = where
    if allow_missing:
        arguments["allow_missing"] = True
    parameters = {"id": uuid4(), "arguments": orjson.dumps(arguments).decode()}
    cursor = await connection.execute(REQUEST, parameters)
    return job_of((await cursor.fetchall())[0])
