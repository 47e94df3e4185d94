"""No client of the last release breaks, and everybody can read the schema."""

from __future__ import annotations

import httpx
import pytest

from api.released_schema import breaking, last_release
from api.schema import PRINTED, printed

RELEASED = """
type Query {
  gone: Int @deprecated(reason: "Use kept.")
  kept: Int
  asked(by: Int, of: Int @deprecated(reason: "Nobody reads it.")): Int
  mood: Mood
}
type OtherQuery { gone: Int }
enum Mood { CALM ANGRY @deprecated(reason: "Nobody is.") }
"""


def test_clients_of_the_last_release_are_kept() -> None:
    broken = breaking(last_release(), printed())
    assert broken == [], "What is to go is deprecated in a release before it goes; see docs/frontend.md"


def test_what_was_announced_may_go() -> None:
    now = "type Query { kept: Int asked(by: Int, of: Int): Int mood: Mood } type OtherQuery { gone: Int }"
    assert breaking(RELEASED, now + " enum Mood { CALM }") == []


def test_what_may_come() -> None:
    """New fields, types, values, and arguments that need not be given."""
    now = RELEASED.replace("kept: Int", "kept(more: Int = 7): Int! new: New").replace("CALM", "CALM GLAD")
    assert breaking(RELEASED, now + "type New { x: Int }") == []


@pytest.mark.parametrize(
    ("was", "becomes", "what"),
    [
        ("  kept: Int\n", "", "Field Query.kept was removed."),
        ("  kept: Int\n", "  kept: String\n", "Field Query.kept changed type from Int to String."),
        ("by: Int,", "by: Int!,", "Argument Query.asked(by:) has changed type from Int to Int!."),
        (", of: Int @dep", ", of_: Int @dep", "Argument Query.asked(of:) was removed."),
        ("by: Int,", "by: Int, new: Int!,", "A required argument Query.asked(new:) was added."),
        ("CALM", "QUIET", "Enum value Mood.CALM was removed."),
        ("type OtherQuery { gone: Int }", "", "OtherQuery was removed."),
        # Announced elsewhere, for a field of the same name.
        ("type OtherQuery { gone: Int }", "type OtherQuery { x: Int }", "Field OtherQuery.gone was removed."),
    ],
)
def test_what_breaks_clients_is_found(was: str, becomes: str, what: str) -> None:
    assert RELEASED.count(was) == 1
    assert [change.rstrip(".") for change in breaking(RELEASED, RELEASED.replace(was, becomes))] == [what.rstrip(".")]


@pytest.mark.anyio
async def test_the_schema_is_there_for_tools(http: httpx.AsyncClient) -> None:
    answer = await http.get("/schema.graphql")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text == PRINTED.read_text(encoding="utf-8")
