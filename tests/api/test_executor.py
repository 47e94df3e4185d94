"""Reading plain selections off gives what graphql-core gives, errors included."""

from __future__ import annotations

import asyncio
import math
from enum import Enum
from typing import Any

import pytest
import strawberry
from graphql import execute, parse
from graphql.execution import Executor

from api.executor import KEPT_PLANS, PlainExecutor, _kept

pytestmark = pytest.mark.anyio


@strawberry.enum
class Mood(Enum):
    CALM = "calm"


@strawberry.type
class Leaf:
    text: str | None = "text"
    number: int = 7
    ratio: float = 0.5
    whole_ratio: float = 2
    truth: bool = True
    key: strawberry.ID = strawberry.ID("key")
    mood: Mood = Mood.CALM
    moods: list[Mood] = strawberry.field(default_factory=lambda: [Mood.CALM])


@strawberry.type
class Branch:
    leaf: Leaf = strawberry.field(default_factory=Leaf)
    maybe: Leaf | None = None
    leaves: list[Leaf] = strawberry.field(default_factory=lambda: [Leaf(text="a"), Leaf(text=None)])
    gaps: list[Leaf | None] = strawberry.field(default_factory=lambda: [None, Leaf()])

    @strawberry.field
    async def later(self) -> Leaf:
        await asyncio.sleep(0)
        return Leaf(text="later")

    @strawberry.field
    def broken(self) -> Leaf:
        raise LookupError("no leaf")


def unlike(**values: Any) -> Leaf:
    """A leaf with values that the schema does not allow."""
    leaf = Leaf()
    for name, value in values.items():
        setattr(leaf, name, value)
    return leaf


BRANCHES = {
    "plain": Branch(),
    "null where there must be one": Branch(leaf=unlike(number=None)),
    "null object": Branch(leaf=None),  # type: ignore[arg-type]  # on purpose
    "null in a list": Branch(leaves=[Leaf(), None]),  # type: ignore[list-item]  # on purpose
    "no list": Branch(leaves=(Leaf(),)),  # type: ignore[arg-type]  # graphql-core takes any iterable
    "number too large": Branch(leaf=unlike(number=2**31)),
    "number as text": Branch(leaf=unlike(number="7")),
    "no number": Branch(leaf=unlike(number="seven")),
    "not finite": Branch(leaf=unlike(ratio=math.inf)),
    "number as text of an id": Branch(leaf=unlike(key=7)),
    "number for a text": Branch(leaf=unlike(text=7)),
    "list for a text": Branch(leaf=unlike(text=[])),
    "no mood": Branch(leaf=unlike(mood="angry")),
}
SELECTIONS = [
    "leaf { text number ratio wholeRatio truth key mood }",
    "leaf { moods }",
    "maybe { text }",
    "leaves { text number }",
    "gaps { text }",
    "later { text } leaf { number }",
    "broken { text } leaf { number }",
    "__typename leaf { __typename a: text b: text }",
    "leaf { ...on Leaf { text } ...rest } leaf { ratio }",
    "leaf { text @skip(if: $yes) number @include(if: $yes) }",
    "leaves @skip(if: $yes) { text } leaf { key }",
]


@pytest.mark.parametrize("selection", SELECTIONS)
@pytest.mark.parametrize("name", BRANCHES)
async def test_the_answer_is_graphql_cores(name: str, selection: str) -> None:
    @strawberry.type
    class Query:
        @strawberry.field
        async def branch(self) -> Branch | None:
            return BRANCHES[name]

    schema = strawberry.Schema(Query)._schema
    used = " ".join(part for part in ("$yes" in selection and "query($yes: Boolean!)",) if part)
    fragment = "fragment rest on Leaf { number truth }" if "...rest" in selection else ""
    document = parse(f"{used} {{ branch {{ {selection} }} }} {fragment}")
    answers = []
    for executor in (Executor, PlainExecutor):
        result: Any = execute(schema, document, variable_values={"yes": True}, executor_class=executor)
        answers.append((await result).formatted)
    assert answers[0] == answers[1]
    assert list(answers[0]["data"]) == list(answers[1]["data"])


async def test_plain_selections_are_not_executed_field_by_field(monkeypatch: pytest.MonkeyPatch) -> None:
    @strawberry.type
    class Query:
        @strawberry.field
        async def branch(self) -> Branch:
            return Branch()

    executed: list[str] = []
    original = Executor.execute_field

    def noted(self: Any, parent_type: Any, source: Any, details: Any, *rest: Any) -> Any:
        executed.append(details[0].node.name.value)
        return original(self, parent_type, source, details, *rest)

    monkeypatch.setattr(Executor, "execute_field", noted)
    document = parse("{ branch { leaf { text mood } leaves { number } later { text } } }")
    result: Any = execute(strawberry.Schema(Query)._schema, document, executor_class=PlainExecutor)
    assert (await result).data == {
        "branch": {
            "leaf": {"text": "text", "mood": "CALM"},
            "leaves": [{"number": 7}, {"number": 7}],
            "later": {"text": "later"},
        }
    }
    # `branch` itself is not plain, since `later` is resolved; what lies below is.
    assert executed == ["branch", "leaf", "leaves", "later"]


async def test_plans_are_kept_for_so_many_operations_and_each_has_its_own() -> None:
    @strawberry.type
    class Query:
        @strawberry.field
        async def branch(self) -> Branch:
            return Branch()

    schema = strawberry.Schema(Query)._schema

    async def asked(text: str, **variables: Any) -> Any:
        document = parse(text)
        for _ in range(2):
            result: Any = execute(schema, document, variable_values=variables, executor_class=PlainExecutor)
            data = (await result).data
        return data["branch"]

    for number in range(2 * KEPT_PLANS):
        # The documents go, and others may get the ids of their nodes.
        field = ("text", "number", "truth")[number % 3]
        values = {"text": "text", "number": 7, "truth": True}
        assert await asked(f"{{ branch {{ leaf {{ a{number}: {field} }} }} }}") == {
            "leaf": {f"a{number}": values[field]}
        }
        assert len(_kept) <= KEPT_PLANS
    for yes in (True, False):
        leaf = {"number": 7} if yes else {"text": "text", "number": 7}
        text = "query($yes: Boolean!) { branch { leaf { text @skip(if: $yes) number } } }"
        assert await asked(text, yes=yes) == {"leaf": leaf}
