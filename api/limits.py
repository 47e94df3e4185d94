"""Bounds on what one operation may select, checked before anything runs.

Both are counted with every fragment expanded, and each fragment is counted once, however often it is spread: a short
document can otherwise expand to more selections than there is time to count.
"""

from __future__ import annotations

from typing import NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
    SelectionSetNode,
    ValidationRule,
    VisitorAction,
)

# A panel inside a page inside an album is 12 deep: album, tracks, edges, node, similar, items, track, album …
MAX_DEPTH = 15
MAX_ALIASES = 30
MAX_TOKENS = 1_000
MAX_QUERY_LENGTH = 20_000


class Size(NamedTuple):
    """How deep a selection goes, and how many fields in it are renamed."""

    depth: int
    aliases: int


class SizeLimits(ValidationRule):
    """Refuses operations that are deeper than MAX_DEPTH or rename more than MAX_ALIASES fields.

    Introspection is not counted: graphql-core bounds it by itself, and its usual query is deep.
    """

    def enter_document(self, document: DocumentNode, *_args: object) -> VisitorAction:
        sizes = _Sizes(document)
        for operation in document.definitions:
            if isinstance(operation, OperationDefinitionNode):
                size = sizes.of(operation.selection_set)
                if size.depth > MAX_DEPTH:
                    message = f"The operation is {size.depth} levels deep; {MAX_DEPTH} are allowed."
                    self.report_error(GraphQLError(message, operation))
                if size.aliases > MAX_ALIASES:
                    message = f"The operation has {size.aliases} aliases; {MAX_ALIASES} are allowed."
                    self.report_error(GraphQLError(message, operation))
        return None


class _Sizes:
    """Sizes of selections in one document; those of fragments are kept."""

    def __init__(self, document: DocumentNode) -> None:
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._known: dict[str, Size] = {}

    def of(self, selection_set: SelectionSetNode | None) -> Size:
        depth = aliases = 0
        for selection in selection_set.selections if selection_set else ():
            if isinstance(selection, FieldNode):
                size = self._of_field(selection)
            elif isinstance(selection, FragmentSpreadNode):
                size = self._of_fragment(selection.name.value)
            else:
                size = self.of(selection.selection_set)  # type: ignore[attr-defined]  # an inline fragment
            depth, aliases = max(depth, size.depth), aliases + size.aliases
        return Size(depth, aliases)

    def _of_field(self, field: FieldNode) -> Size:
        below = Size(0, 0) if field.name.value.startswith("__") else self.of(field.selection_set)
        return Size(below.depth + 1, below.aliases + (field.alias is not None))

    def _of_fragment(self, name: str) -> Size:
        if name not in self._known:
            # A fragment that leads back to itself is refused by another rule; here it only has to end.
            self._known[name] = Size(0, 0)
            fragment = self._fragments.get(name)
            self._known[name] = self.of(fragment.selection_set) if fragment else Size(0, 0)
        return self._known[name]
