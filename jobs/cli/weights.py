"""`segue weights`: what audio models may be used for, and where their weights are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from jobs.cli.environment import DataDir, read_settings

if TYPE_CHECKING:
    from domain.spaces import BackendFacts
    from jobs.weights import WeightStore

weights = typer.Typer(help="List the weights of audio models; fetch those of one.", rich_markup_mode=None)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The audio model, named as its space")]


@weights.command("list")
def list_weights(data_dir: DataDir = None) -> None:
    """List every audio model: its licence, size, and where its weights are or belong."""
    from domain.spaces import BACKENDS
    from jobs.cli.console import say, say_table, shown
    from jobs.weights import Presence, WeightStore
    from ml.weights import folder

    store = WeightStore(read_settings(data_dir=data_dir))
    rows = []
    for facts in BACKENDS.values():
        presence = store.presence(facts)
        path = shown(folder(store.root, facts)) if facts.weights else ""
        commercial = "yes" if facts.commercial_use else "no"
        rows.append([facts.name, facts.licence, commercial, _size(facts), presence, path])
    say_table(["model", "licence", "commercial use", "size", "weights", "place"], rows)
    if any(row[4] == Presence.MISSING for row in rows):
        say("Fetch what is missing with: segue weights fetch NAME")


@weights.command("fetch")
def fetch_weights(name: Name, data_dir: DataDir = None) -> None:
    """Fetch the weights of one audio model, unless they are here."""
    from domain.spaces import backend_facts
    from jobs.cli.console import say, shown
    from jobs.weights import Presence, WeightStore
    from ml.weights import folder, require

    facts = backend_facts(name)
    store = WeightStore(read_settings(data_dir=data_dir))
    presence = store.presence(facts)
    if presence is Presence.BUILT_IN:
        say(f"'{facts.name}' needs no weights that would have to be fetched")
        return
    say(f"'{facts.name}': {facts.licence_note}")
    if presence is not Presence.HERE:
        say(f"Fetching {_size(facts) or 'files of unknown size'} into {shown(folder(store.root, facts))}")
    store.fetch(facts)
    require(store.root, facts)
    say(f"The weights of '{facts.name}' are here: {shown(folder(store.root, facts))}")
    if facts.text:
        _export(store, facts)


@weights.command("export-text")
def export_text(name: Name, data_dir: DataDir = None) -> None:
    """Make what compares texts with music at request time, from an audio model's weights. Fetching them does it too."""
    from domain.errors.texts import SpaceHasNoText
    from domain.spaces import BACKENDS, backend_facts
    from jobs.weights import WeightStore

    facts = backend_facts(name)
    if not facts.text:
        raise SpaceHasNoText(name=facts.name, known=", ".join(n for n, known in BACKENDS.items() if known.text))
    store = WeightStore(read_settings(data_dir=data_dir))
    store.bring(facts)
    _export(store, facts)


def _export(store: WeightStore, facts: BackendFacts) -> None:
    from jobs.cli.console import say, shown

    say(f"Texts can be compared with '{facts.name}' now: {shown(store.export_text(facts))}")


def _size(facts: BackendFacts) -> str:
    """Of all files together; empty where nobody told all of them."""
    from jobs.cli.console import amount

    sizes = [file.size for file in facts.weights]
    return amount(sum(size for size in sizes if size)) if sizes and all(sizes) else ""
