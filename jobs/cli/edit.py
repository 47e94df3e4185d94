"""`segue edit`: corrections that outlive every import."""

from __future__ import annotations

from typing import Annotated

import typer

from domain.edits import EditKind
from jobs.cli.environment import DataDir, read_settings

Kind = Annotated[EditKind, typer.Argument(help="What is corrected", case_sensitive=False)]
Named = Annotated[
    str, typer.Argument(metavar="ID", help="Its number, the id that the API gives it, or its title or name")
]
Changes = Annotated[
    list[str] | None,
    typer.Argument(metavar="FIELD=VALUE…", help="New values; FIELD= for none. Without any, what there is is shown"),
]
Undo = Annotated[list[str] | None, typer.Option(metavar="FIELD", help="Take a correction back; may be given often")]


def edit(kind: Kind, id: Named, changes: Changes = None, undo: Undo = None, data_dir: DataDir = None) -> None:
    """Correct a track, album, composer or work. Corrections stand over what files and catalogues say, also when these
    are imported again.

    Fields: of a track title, composer, arranger, performers, disc, position, work, movement, movement_number; of an
    album title, artist, date_text; of a composer name; of a work title, catalogue_number.
    """
    from jobs.cli.console import say, say_fields
    from jobs.cli.database import ready_address
    from sql.catalogue import edit_rows
    from sql.catalogue.named_rows import find_key
    from sql.catalogue.people_rows import rows_of
    from sql.engine import make_engine

    wanted: dict[str, str | None] = dict(_change(change) for change in changes or ())
    wanted |= dict.fromkeys(undo or ())
    engine = make_engine(ready_address(read_settings(data_dir=data_dir)))
    try:
        with engine.begin() as connection:
            rows = rows_of(connection)
            key = find_key(rows, kind, id)
            if wanted:
                edit_rows.edit(rows, kind, key, wanted)
            present = edit_rows.present_values(rows, kind, key)
            edited = {name: source for name, _, source in edit_rows.edits_of(rows, kind, key)}
    finally:
        engine.dispose()
    say(f"{kind.capitalize()} {key}")
    say_fields(
        (name, _shown(value) + (f"    (the source says: {_shown(edited[name])})" if name in edited else ""))
        for name, value in present.items()
    )


def _change(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"'{text}' is not FIELD=VALUE")
    return name.strip(), value


def _shown(value: str | None) -> str:
    return "-" if value is None else value
