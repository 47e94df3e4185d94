"""What a client asks for below a field."""

from __future__ import annotations

from collections.abc import Iterable

from graphql import FieldNode, FragmentSpreadNode, SelectionNode

from api.context import Info


def asks_for(info: Info, name: str) -> bool:
    """Whether a field of this name is asked for anywhere below the one that is resolved, conditions left aside."""
    location = info._raw_info.operation.loc
    if location is not None and name not in location.source.body:
        return False
    # Each once: a short document may spread them so often that following them all would never end.
    fragments = dict(info._raw_info.fragments)

    def among(selections: Iterable[SelectionNode]) -> bool:
        return any(_is(selection) or among(_below(selection)) for selection in selections)

    def _is(selection: SelectionNode) -> bool:
        return isinstance(selection, FieldNode) and selection.name.value == name

    def _below(selection: SelectionNode) -> Iterable[SelectionNode]:
        if isinstance(selection, FragmentSpreadNode):
            found = fragments.pop(selection.name.value, None)
            return found.selection_set.selections if found else ()
        chosen = getattr(selection, "selection_set", None)
        return chosen.selections if chosen else ()

    return among(info._raw_info.field_nodes)
