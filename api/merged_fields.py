"""How often a field is written for one place of an answer, with all fragments put in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

# A set of selections, and the fragments that it stands in.
Held = tuple[SelectionSetNode, frozenset[str]]


class TooManySelections(Exception):
    """There are more fields and fragments than were to be looked at."""


def most_repeated(
    operations: Iterable[OperationDefinitionNode],
    fragments: Mapping[str, FragmentDefinitionNode],
    most_selections: int,
) -> int:
    """The number of times that the field is written which is written most often for one place of one operation.

    GraphQL compares all of them with each other to find out whether they can be one. A fragment counts once for each
    place, and one within itself not again. Raises TooManySelections where all operations together have more.
    """
    most = looked_at = 0
    pending: list[list[Held]] = [[(operation.selection_set, frozenset())] for operation in operations]
    while pending:
        names: Counter[str] = Counter()
        below: dict[str, list[Held]] = {}
        spread: set[str] = set()
        sets = pending.pop()
        while sets:
            selection_set, inside = sets.pop()
            looked_at += len(selection_set.selections)
            if looked_at > most_selections:
                raise TooManySelections
            for selection in selection_set.selections:
                if isinstance(selection, FieldNode):
                    name = (selection.alias or selection.name).value
                    names[name] += 1
                    if selection.selection_set:
                        below.setdefault(name, []).append((selection.selection_set, inside))
                elif isinstance(selection, InlineFragmentNode):
                    sets.append((selection.selection_set, inside))
                elif isinstance(selection, FragmentSpreadNode):
                    fragment = fragments.get(selection.name.value)
                    if fragment is not None and fragment.name.value not in spread | inside:
                        spread.add(fragment.name.value)
                        sets.append((fragment.selection_set, inside | {fragment.name.value}))
        most = max(most, 0, *names.values())
        pending += below.values()
    return most
