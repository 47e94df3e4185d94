"""`segue spaces`: what can be compared with what."""

from __future__ import annotations

from jobs.cli.environment import DataDir, read_settings


def spaces(data_dir: DataDir = None) -> None:
    """List the spaces there are, and those there could be."""
    from domain.spaces import BACKENDS, terms_of
    from jobs.cli.console import say, say_table
    from jobs.cli.database import ready_address
    from sql.engine import make_engine
    from sql.overview import archive_overview, space_overviews

    engine = make_engine(ready_address(read_settings(data_dir=data_dir)))
    try:
        with engine.connect() as connection:
            present = space_overviews(connection)
            embeddable = archive_overview(connection).embeddable
    finally:
        engine.dispose()
    rows = []
    for space in present:
        terms = terms_of(space.backend)
        tracks = f"{space.tracks:,} of {embeddable:,}"
        search = "HNSW" if space.indexed else "exact"
        rows.append(
            [
                space.name,
                f"{space.dimension}",
                space.state,
                tracks,
                search,
                space.revision,
                terms.note if terms else "",
            ]
        )
    for name in sorted(BACKENDS.keys() - {space.name for space in present}):
        facts = BACKENDS[name]
        rows.append([name, f"{facts.dimension}", "-", "-", "-", facts.revision, facts.licence_note])
    say_table(["space", "dimension", "state", "tracks", "search", "revision", "licence"], rows)
    say("A space that is not there yet is made with: segue embed --space NAME")
