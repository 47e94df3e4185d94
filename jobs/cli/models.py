"""`segue models`: what was trained, how it did, and which of it answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jobs.cli.environment import DataDir, read_settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from domain.training import TrainedModel

models = typer.Typer(help="List trained models; look into one, let it answer, drop it.", rich_markup_mode=None)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The model's name")]

PARTS = (
    ("hot", "tracks that were heard in training, among all"),
    ("cold", "tracks that nobody had heard, among all"),
    ("cold_among_cold", "tracks that nobody had heard, among such"),
)


@models.callback(invoke_without_command=True)
def list_models(context: typer.Context, data_dir: DataDir = None) -> None:
    """List trained models; look into one, let it answer, drop it."""
    if context.invoked_subcommand is not None:
        read_settings(data_dir=data_dir)  # for the command that follows
        return
    from jobs.cli.console import say, say_table
    from sql.models.model_rows import all_models

    with _engine(data_dir) as engine, engine.connect() as connection:
        found = all_models(connection)
    if not found:
        say("No model has been trained. Train one with: segue train STRATEGY")
        return
    say_table(
        ["model", "strategy", "status", "space", "NDCG@10", "KNN's", "of popularity", "learned from"],
        [
            [
                model.name,
                model.strategy,
                model.status.value,
                model.space or "-",
                _estimate(model, model.strategy),
                _estimate(model, "KNN"),
                _estimate(model, "POPULAR"),
                "simulated listeners" if model.simulated else "people" if model.snapshot else "-",
            ]
            for model in found
        ],
    )


@models.command()
def show(name: Name, data_dir: DataDir = None) -> None:
    """Show a model: what it learned from, and how it did against what needs no training."""
    from sql.models.model_rows import model_named

    with _engine(data_dir) as engine, engine.connect() as connection:
        model = model_named(connection, name)
    say_model(model)


@models.command()
def promote(name: Name, data_dir: DataDir = None) -> None:
    """Let a model answer, in place of the one of its strategy and space that answers now."""
    from jobs.cli.console import say
    from sql.models.model_rows import model_named
    from sql.models.model_rows import promote as let_answer

    with _engine(data_dir) as engine, engine.begin() as connection:
        retired = let_answer(connection, name)
        model = model_named(connection, name)
    say(f"'{name}' answers for {model.strategy}" + (f", in place of '{retired[0]}'" if retired else ""))
    if not model.gate.get("passed"):
        say(str(model.gate.get("verdict")), style="yellow")


@models.command()
def drop(name: Name, data_dir: DataDir = None) -> None:
    """Drop a model that does not answer, with its space and its file."""
    from jobs.cli.console import say
    from jobs.storage.location import open_storage
    from jobs.training.dropping import drop_model

    settings = read_settings(data_dir=data_dir)
    with _engine(data_dir) as engine:
        drop_model(engine, open_storage(settings), name)
    say(f"'{name}' is dropped")


def say_model(model: TrainedModel) -> None:
    """What a model is and how it did."""
    from jobs.cli.console import count, say, say_fields, say_table

    snapshot = model.snapshot
    fields = [
        ("Model", f"{model.name}, {model.status.value}"),
        ("Strategy", model.strategy + (f", reading {model.space}" if model.space else "")),
        ("Settings", ", ".join(f"{key}={value}" for key, value in model.config.items())),
    ]
    if snapshot:
        listeners = f"{count(snapshot['users'], 'listener')}, {count(snapshot['listenings'], 'listening')}"
        people = f"{snapshot['people']:,} people, {snapshot['simulated_users']:,} simulated"
        fields.append(("Learned from", f"{listeners} ({people}), seed {model.seed}"))
        fields.append(("Tested on", ", ".join(f"{number:,} {kind}" for kind, number in snapshot["cases"].items())))
    say_fields(fields)
    for part, meaning in PARTS:
        rows = [
            [way, _interval(found[part]["hr@10"]), _interval(found[part]["ndcg@10"])]
            + ([f"{found[part]['coverage@10']:.0%}"] if part == "hot" else [])
            for way, found in model.metrics.items()
            if part in found
        ]
        if rows:
            say(f"{part.replace('_', ' ').capitalize()}: {meaning}; 95 % intervals")
            say_table(["", "HR@10", "NDCG@10", *(["coverage@10"] if part == "hot" else [])], rows)
    if model.gate:
        say(str(model.gate["verdict"]))


def _estimate(model: TrainedModel, way: str) -> str:
    found = model.metrics.get(way)
    return "-" if found is None else f"{found['hot']['ndcg@10']['estimate']:.3f}"


def _interval(found: dict[str, Any]) -> str:  # Any: JSON
    return f"{found['estimate']:.3f} ({found['low']:.3f}–{found['high']:.3f})"


@contextmanager
def _engine(data_dir: DataDir) -> Iterator[Engine]:
    from jobs.cli.database import ready_address
    from sql.engine import make_engine

    engine = make_engine(ready_address(read_settings(data_dir=data_dir)))
    try:
        yield engine
    finally:
        engine.dispose()
