"""`segue cost`: a month's bill on AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from domain.billing.bill import Archive, Bill

MONTHS = {"month": 1.0, "day": 365 / 12, "hour": 730.0, "second": 730 * 3600.0}

Tracks = Annotated[int, typer.Option(min=1, help="Tracks in the archive")]
Hours = Annotated[float, typer.Option(min=0.1, help="Hours of music in it")]
Requests = Annotated[str, typer.Option(metavar="10000/month", help="Requests that the API answers; also /day, /second")]
Space = Annotated[list[str] | None, typer.Option(help="Space that is kept; may be given several times [musicnn-mtt]")]
Uploads = Annotated[int | None, typer.Option(min=0, help="Tracks that arrive in a month [one in a hundred]")]
Listened = Annotated[float, typer.Option("--listened-hours", min=0, help="Hours of music that go out in a month")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON")]


def cost(
    tracks: Tracks,
    hours: Hours,
    requests: Requests = "10000/month",
    space: Space = None,
    uploads: Uploads = None,
    listened: Listened = 0.0,
    as_json: AsJson = False,
) -> None:
    """Print what a month on AWS costs, part by part, from list prices and measurements."""
    from domain.billing.bill import Archive, bill
    from domain.spaces import DEFAULT_SPACE

    spaces = tuple(space or (DEFAULT_SPACE,))
    archive = Archive(tracks, hours, requests_a_month(requests), spaces, uploads, listened)
    found = bill(archive)
    if as_json:
        _say_json(archive, found)
    else:
        _say(archive, found)


def requests_a_month(text: str) -> int:
    """10000, or 10000/month, 300/day, 0.5/second. Raises RequestsMisread."""
    from domain.errors.billing import RequestsMisread

    number, _, period = text.partition("/")
    try:
        requests = float(number.replace(",", "").replace("_", "")) * MONTHS[period.strip() or "month"]
    except (ValueError, KeyError):
        raise RequestsMisread(text=text) from None
    if not 0 <= requests < 1e12:
        raise RequestsMisread(text=text)
    return round(requests)


def _say(archive: Archive, found: Bill) -> None:
    from domain.billing.tables import prices
    from jobs.cli.console import say, say_table

    table = prices()
    say(
        f"A month of {archive.tracks:,} tracks ({archive.hours:,.0f} h) in {', '.join(archive.spaces)}, "
        f"{archive.requests:,} requests, {archive.uploads_a_month:,} new tracks"
    )
    say(f"US dollars, list prices of {table['region']} as of {table['as_of']} ({table['source']})")
    rows = [[part.name, part.counted, f"{part.usd:,.2f}"] for part in found.parts]
    say_table(["part", "what is counted", "USD"], [*rows, ["Together", "", f"{found.total:,.2f}"]])
    say(
        f"{found.total - found.allowance:,.2f} where the account uses what AWS gives for nothing for this alone "
        f"({found.allowance:,.2f} less)"
    )
    say(f"Hearing the archive for the first time: {found.once:,.2f}, {found.once_hours:,.1f} h of a worker")
    say(
        f"A worker that never stops would take {found.always_on:,.2f} instead of {found.worker_a_month:,.2f}: "
        f"stopping saves {found.saved:,.2f}"
    )


def _say_json(archive: Archive, found: Bill) -> None:
    import json
    from dataclasses import asdict

    from domain.billing.tables import measurements, prices

    about = {name: prices()[name] for name in ("region", "place", "as_of", "source")}
    figures = asdict(found) | {"total": found.total, "saved_by_stopping": found.saved}
    given = asdict(archive) | {"uploads": archive.uploads_a_month}
    machine = measurements()["machine"]
    told = {"archive": given, "prices": about, "measured_on": machine} | figures
    typer.echo(json.dumps(_rounded(told), indent=1))


def _rounded(value: object) -> object:
    """Dollars to hundredths of a cent."""
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    return round(value, 4) if isinstance(value, float) else value
