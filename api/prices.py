"""What fields cost beyond 1, and how long lists are. `python -m api.prices` writes the table in docs/costs.md.

A unit is about 10 µs of this process or of PostgreSQL, on the kind of machine that the README measures on.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from domain.batches import MAX_BATCH
from domain.recommendations import MAX_LIST_LENGTH

DOCUMENTED = Path(__file__).parents[1] / "docs" / "costs.md"
BEGIN, END = "<!-- prices -->\n", "<!-- end -->\n"


class Price(NamedTuple):
    """`own` for the field itself, `each` for every entry that it is asked for, selected or not, and `options` where it
    is asked for with any."""

    own: int = 1
    each: float = 0
    options: int = 0


# Fields with one of these arguments lead to so many entries at most; what is larger is refused when it is resolved.
SIZES = {"first": MAX_LIST_LENGTH, "length": MAX_LIST_LENGTH, "points": 4_000, "interactions": MAX_BATCH}
# A row is read for every entry of a page, whatever is shown of it.
PAGE = Price(own=1, each=1)
# Entries of a list that has no such argument, where it is not among LENGTHS.
USUAL_LENGTH = 10
LENGTHS = {
    "Track.segments": 100,
    "Recommendation.reasons": 4,
    "Model.metrics": 30,
    "Query.spaces": 20,
    "Query.models": 20,
}
# A search that re-ranks reads up to 500 candidates with their vectors.
LIST = Price(own=100, each=2, options=200)
FOR_LISTENER = Price(own=300, each=2, options=400)
CHANGE = Price(own=200)
PRICES: dict[str, Price] = {
    "Query.recommendSimilar": LIST,
    "Track.similar": LIST,
    "Query.recommendFrom": Price(own=300, each=2, options=200),
    "Query.pathBetween": Price(own=300, each=4),
    "Query.recommendForUser": FOR_LISTENER,
    "Query.recommendNext": FOR_LISTENER,
    "Query.similarSegments": Price(own=300, each=2),
    "Segment.similar": Price(own=300, each=2),
    "Query.search": Price(own=1),
    "SearchResults.tracks": Price(own=200),
    "SearchResults.albums": Price(own=100),
    "SearchResults.composers": Price(own=100),
    "Query.searchByText": Price(own=1_000, each=2),
    "Query.__schema": Price(own=4_000),
    "Query.__type": Price(own=200),
    # Some bytes for every track there is.
    "SpaceMap.points": Price(own=500),
    "SpaceMap.groups": Price(own=200, each=1),
    "Track.waveform": Price(own=5, each=0.05),
    "Track.audioUrl": Price(own=5),
    "Track.coverUrl": Price(own=5),
    "Album.coverUrl": Price(own=5),
    # Each makes rows that stay, so that one request makes only some.
    "Mutation.createUser": Price(own=4_000),
    "Mutation.startSession": Price(own=1_000),
    "Mutation.recordInteractions": Price(own=200, each=2),
    "Subscription.jobProgress": Price(own=100),
}
# Counts look at a whole list.
COUNT = Price(own=20)


def price(type_name: str, field: str, sized: bool) -> Price:
    """The price of a field; `sized` where one of SIZES is among its arguments."""
    named = PRICES.get(f"{type_name}.{field}")
    if named is not None:
        return named
    if type_name == "Mutation":
        return CHANGE
    if field == "totalCount":
        return COUNT
    return PAGE if sized else Price()


def table() -> str:
    """All prices in Markdown."""
    rows = [
        ("any other field", Price()),
        ("any other list with `first`", PAGE),
        ("`totalCount`", COUNT),
        ("any other mutation", CHANGE),
        *((f"`{name}`", found) for name, found in sorted(PRICES.items())),
    ]
    lines = ["| field | itself | each entry asked for | with `options` |", "|---|---|---|---|"]
    lines += [
        f"| {name} | {found.own} | {found.each or ''} | {f'+{found.options}' if found.options else ''} |"
        for name, found in rows
    ]
    lines += ["", "| list without `first` | entries counted |", "|---|---|", f"| any other | {USUAL_LENGTH} |"]
    lines += [f"| `{name}` | {length} |" for name, length in sorted(LENGTHS.items())]
    return "\n".join(lines) + "\n"


def documented(text: str) -> str:
    """`text` with the tables between its marks made anew."""
    before, _, rest = text.partition(BEGIN)
    return before + BEGIN + table() + END + rest.partition(END)[2]


if __name__ == "__main__":
    DOCUMENTED.write_text(documented(DOCUMENTED.read_text(encoding="utf-8")), encoding="utf-8")
