"""Asks for jobs to be run: messages to actors, addressed by name, so that no actor is imported to send one."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from domain.jobs import JobKind

if TYPE_CHECKING:
    import dramatiq

# Every actor there is, with the queue it listens on.
EMBED_NEXT = "embed_next"
IMPORT_FILES = "import_files"
BUILD_INDEX = "build_index"
BEGIN_REEMBEDDING = "begin_reembedding"
STORE_SNAPSHOT = "store_snapshot"
TRAIN_MODEL = "train_model"
DRAW_MAP = "draw_map"
EVALUATE_ARCHIVE = "evaluate_archive"
QUEUES = {
    EMBED_NEXT: "embed",
    BEGIN_REEMBEDDING: "embed",
    BUILD_INDEX: "embed",
    IMPORT_FILES: "import",
    STORE_SNAPSHOT: "import",
    DRAW_MAP: "import",
    TRAIN_MODEL: "train",
    EVALUATE_ARCHIVE: "train",
}
# The actor that runs each kind of job. One that waits for an upload is run by none.
ACTORS: dict[str, str] = {
    JobKind.EMBED: EMBED_NEXT,
    JobKind.REEMBED_REQUEST: BEGIN_REEMBEDDING,
    JobKind.REEMBED: EMBED_NEXT,
    JobKind.IMPORT: IMPORT_FILES,
    JobKind.INDEX: BUILD_INDEX,
    JobKind.SNAPSHOT: STORE_SNAPSHOT,
    JobKind.TRAIN: TRAIN_MODEL,
    JobKind.MAP: DRAW_MAP,
    JobKind.EVALUATE: EVALUATE_ARCHIVE,
}


class JobQueue:
    """Sends messages through a broker, and counts them."""

    def __init__(self, broker: dramatiq.Broker) -> None:
        self._broker = broker
        self.sent = 0

    @classmethod
    def of(cls, database_url: str, broker_url: str | None = None) -> JobQueue:
        """A queue for a process that asks for jobs and runs none. Connects when something is enqueued.

        Without a `broker_url` messages go through the database. Raises BrokerUnknown or ExtraMissing.
        """
        from jobs.brokers.registry import client_broker  # most invocations of a function send nothing

        return cls(client_broker(broker_url, database_url))

    def enqueue(self, actor_name: str, *ids: UUID | int | str) -> None:
        """Send ids to an actor. The message may get lost or come twice; the job row is what counts.

        Blocks for as long as the broker does: seconds for a client, whose broker may be away (BrokerUnreachable,
        or DatabaseUnreachable where the database is the broker). Raises KeyError for an actor that does not exist.
        """
        import dramatiq

        self._broker.enqueue(
            dramatiq.Message(
                queue_name=QUEUES[actor_name],
                actor_name=actor_name,
                args=tuple(str(id_) for id_ in ids),
                kwargs={},
                options={},
            )
        )
        self.sent += 1

    def close(self) -> None:
        self._broker.close()
