"""Models, as the training job and the command line write them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from domain.errors.models import ModelNotFound
from domain.errors.training import ModelUntrained
from domain.training import TrainedModel
from sql.models.model_columns import MODEL, MODELS, model_of

JSON = JSONB()

# Numbered by its key, so that no two have a name in common.
BEGIN = text("""
    INSERT INTO models (name, strategy, status, space_id, revision, config, snapshot, metrics, gate, simulated, seed,
                        job_id)
    VALUES ('training ' || :job_id, :strategy, 'TRAINING', :space_id, :revision, :config, '{}', '{}', '{}', false,
            :seed, :job_id)
    RETURNING id
""").bindparams(bindparam("config", type_=JSON))
NAME = text("UPDATE models SET name = :name WHERE id = :id")
OF_JOB = text(f"SELECT {MODEL} FROM {MODELS} WHERE m.job_id = :job_id")  # noqa: S608 -- constants of this program
BY_NAME = text(f"SELECT {MODEL} FROM {MODELS} WHERE m.name = :name")  # noqa: S608 -- see above
ALL = text(f"SELECT {MODEL} FROM {MODELS} ORDER BY m.id")  # noqa: S608 -- see above
END = text("""
    UPDATE models
    SET status = 'CANDIDATE', snapshot = :snapshot, metrics = :metrics, gate = :gate, artefact = :artefact,
        simulated = :simulated, trained_at = now()
    WHERE id = :id
""").bindparams(*(bindparam(name, type_=JSON) for name in ("snapshot", "metrics", "gate")))
FAIL = text("UPDATE models SET status = 'FAILED', gate = :gate WHERE id = :id AND status = 'TRAINING'").bindparams(
    bindparam("gate", type_=JSON)
)
GIVE_SPACE = text("UPDATE models SET own_space_id = :space_id WHERE id = :id")

LOCK = text("SELECT pg_advisory_xact_lock(hashtext('segue-models'))")
RETIRE = text("""
    UPDATE models r SET status = 'RETIRED'
    FROM models m
    WHERE m.id = :id AND r.strategy = m.strategy AND r.space_id IS NOT DISTINCT FROM m.space_id
      AND r.status = 'ACTIVE' AND r.id <> m.id
    RETURNING r.name
""")
ACTIVATE = text("UPDATE models SET status = 'ACTIVE', promoted_at = now() WHERE id = :id")
FORGET = text("DELETE FROM models WHERE id = :id")


def begin_model(
    connection: Connection,
    strategy: str,
    space: tuple[int, str, str] | None,
    config: dict[str, Any],  # Any: JSON
    seed: int,
    job_id: UUID,
) -> TrainedModel:
    """The model of a job, made unless it is there. `space` is the audio space: its id, its name and its weights."""
    found = model_of_job(connection, job_id)
    if found is not None:
        return found
    space_id, space_name, revision = space or (None, None, None)
    key = connection.execute(
        BEGIN,
        {
            "strategy": strategy,
            "space_id": space_id,
            "revision": revision,
            "config": config,
            "seed": seed,
            "job_id": job_id,
        },
    ).scalar_one()
    parts = [strategy.lower().replace("_", "-"), *([space_name] if space_name else []), str(key)]
    connection.execute(NAME, {"id": key, "name": "-".join(parts)[-60:].lstrip("-+")})
    found = model_of_job(connection, job_id)
    assert found is not None  # noqa: S101 -- it was just made
    return found


def model_of_job(connection: Connection, job_id: UUID) -> TrainedModel | None:
    row = connection.execute(OF_JOB, {"job_id": job_id}).one_or_none()
    return None if row is None else model_of(row)


def model_named(connection: Connection, name: str) -> TrainedModel:
    """Raises ModelNotFound, naming those there are."""
    row = connection.execute(BY_NAME, {"name": name}).one_or_none()
    if row is None:
        known = ", ".join(model.name for model in all_models(connection)) or "none yet"
        raise ModelNotFound(name=name, known=known)
    return model_of(row)


def all_models(connection: Connection) -> list[TrainedModel]:
    """Every model, the oldest first."""
    return [model_of(row) for row in connection.execute(ALL)]


def end_model(
    connection: Connection,
    model_id: int,
    *,
    snapshot: dict[str, Any],  # Any: JSON
    metrics: dict[str, Any],
    gate: dict[str, Any],
    artefact: str,
    simulated: bool,
) -> None:
    """A model has been trained: it is a candidate."""
    values = {"snapshot": snapshot, "metrics": metrics, "gate": gate, "artefact": artefact, "simulated": simulated}
    connection.execute(END, {"id": model_id, **values})


def fail_model(connection: Connection, job_id: UUID, reason: str) -> None:
    """The training of a job came to nothing."""
    model = model_of_job(connection, job_id)
    if model is not None:
        connection.execute(FAIL, {"id": model.id, "gate": {"verdict": reason}})


def give_space(connection: Connection, model_id: int, space_id: int) -> None:
    """The space that a model's item tower fills."""
    connection.execute(GIVE_SPACE, {"id": model_id, "space_id": space_id})


def promote(connection: Connection, name: str) -> list[str]:
    """Let a model answer; returns the names of those that it takes the place of: of the same strategy and audio space.

    Raises ModelNotFound, and ModelUntrained for one that has not been trained to the end.
    """
    connection.execute(LOCK)
    model = model_named(connection, name)
    if model.own_space is None:
        raise ModelUntrained(name=name, status=model.status.value.lower(), strategy=model.strategy)
    retired = [str(row) for row in connection.scalars(RETIRE, {"id": model.id})]
    connection.execute(ACTIVATE, {"id": model.id})
    return retired


def forget_model(connection: Connection, model_id: int) -> None:
    connection.execute(FORGET, {"id": model_id})
