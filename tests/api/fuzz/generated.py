"""Operations generated from the schema, with ids and lengths that make them reach what lies behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from random import Random
from typing import Any

from graphql import (
    ArgumentNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectFieldNode,
    StringValueNode,
    TypeInfo,
    TypeInfoVisitor,
    ValueNode,
    Visitor,
    VisitorAction,
    get_named_type,
    parse,
    print_ast,
    visit,
)
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis_graphql import Mode
from hypothesis_graphql import strategies as from_graphql

from api.documents import SCHEMA

QUERIES = sorted(SCHEMA.query_type.fields) if SCHEMA.query_type else []
MUTATIONS = sorted(SCHEMA.mutation_type.fields) if SCHEMA.mutation_type else []

# Texts that scalars of our own take.
DATES = ("2026-07-01", "0001-01-01", "9999-12-31", "2026-02-30", "x")
MOMENTS = ("2026-07-01T12:00:00Z", "2026-07-01T12:00:00", "9999-12-31T23:59:59+14:00", "0001-01-01T00:00:00Z", "x", "")
SCALARS = {
    "Date": st.sampled_from([StringValueNode(value=text) for text in DATES]),
    "DateTime": st.sampled_from([StringValueNode(value=text) for text in MOMENTS]),
    "JSON": st.sampled_from([StringValueNode(value="x")]),
}
# Whose ids arguments take; `id` takes those of what its field is about.
KINDS = {
    "trackId": "Track",
    "fromTrackId": "Track",
    "toTrackId": "Track",
    "like": "Track",
    "unlike": "Track",
    "excludeTrackIds": "Track",
    "albumIds": "Album",
    "composerIds": "Composer",
    "workIds": "Work",
    "userId": "User",
    "sessionId": "Session",
    "jobId": "Job",
    "listId": "Impression",
}
SPACES = ("musicnn-mtt", "musicnn-msd", "muq-mulan", "nonsense", "", "\0")


def generated(field: str, number: int, *, wrong: bool = False) -> list[str]:
    """So many operations on one root field, always the same ones; `wrong`: each breaks the schema in one place."""
    make: Any = from_graphql.queries if field in QUERIES else from_graphql.mutations
    strategy = make(SCHEMA, fields=[field], custom_scalars=SCALARS, mode=Mode.NEGATIVE if wrong else Mode.POSITIVE)
    texts: list[str] = []

    @settings(
        max_examples=number,
        phases=[Phase.generate],
        database=None,
        derandomize=True,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(text: str) -> None:
        texts.append(text)

    with suppress(InvalidArgument):  # where there is nothing that could be broken
        collect()
    return texts


def reaching(text: str, pool: Mapping[str, Sequence[str]], rng: Random) -> str:
    """The same operation, most of whose ids and spaces are there, and most of whose lists are short."""
    info = TypeInfo(SCHEMA)
    return print_ast(visit(parse(text), TypeInfoVisitor(info, _Reaching(info, pool, rng))))


class _Reaching(Visitor):
    def __init__(self, info: TypeInfo, pool: Mapping[str, Sequence[str]], rng: Random) -> None:
        super().__init__()
        self._info = info
        self._pool = pool
        self._rng = rng

    def enter_argument(self, node: ArgumentNode, *_: Any) -> VisitorAction:
        changed = self._value(node.name.value, node.value)
        return None if changed is None else ArgumentNode(name=node.name, value=changed)

    def enter_object_field(self, node: ObjectFieldNode, *_: Any) -> VisitorAction:
        changed = self._value(node.name.value, node.value)
        return None if changed is None else ObjectFieldNode(name=node.name, value=changed)

    def _value(self, name: str, value: ValueNode) -> ValueNode | None:
        """Another value, or None to leave it as it is."""
        type_ = self._info.get_input_type()
        kind = get_named_type(type_).name if type_ else None
        if isinstance(value, NullValueNode) or self._rng.random() < 0.15:
            return None
        if name == "space" and isinstance(value, StringValueNode):
            return StringValueNode(value=self._rng.choice(SPACES))
        if name in ("first", "length", "maxPerAlbum") and isinstance(value, IntValueNode):
            return IntValueNode(value=str(self._rng.randint(1, 6)))
        if kind == "ID":
            if isinstance(value, ListValueNode):
                return ListValueNode(values=tuple(self._id(name) for _ in range(self._rng.randint(1, 3))))
            return self._id(name)
        return None

    def _id(self, name: str) -> StringValueNode:
        kinds = sorted(self._pool)
        kind = KINDS.get(name) or self._kind_of_parent() or self._rng.choice(kinds)
        if kind not in self._pool or self._rng.random() < 0.15:
            kind = self._rng.choice(kinds)
        return StringValueNode(value=self._rng.choice(self._pool[kind]))

    def _kind_of_parent(self) -> str | None:
        """That of `track(id:)`, `editTrack(id:)` and the like."""
        field = self._info.get_field_def()
        found = get_named_type(field.type).name if field else None
        return found if found in self._pool else None
