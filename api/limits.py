"""Bounds on what one operation may select, checked before anything runs.

Sizes are counted with every fragment expanded, and each fragment is counted once, however often it is spread: a short
document can otherwise expand to more selections than there is time to count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValidationRule,
    VisitorAction,
)

from api.merged_fields import TooManySelections, most_repeated

# A panel inside a page inside an album is 12 deep: album, tracks, edges, node, similar, items, track, album …
MAX_DEPTH = 15
MAX_ALIASES = 30
# GraphQL compares all fields of one name with each other, so that 250 of them take half a second to validate.
MAX_REPEATS = 20
# The same with all fragments put in: a page of many parts names its usual fields in each of them.
MAX_MERGED = 100
# Fields, and fragments wherever they are spread, of all operations of a document. A panel inside a page inside an album
# has some 60.
MAX_FIELDS = 3_000
# Each is checked wherever its fragment is spread.
MAX_DIRECTIVES = 50
MAX_TOKENS = 1_000
MAX_QUERY_LENGTH = 20_000


TOO_MANY_FIELDS = f"The operation selects more than {MAX_FIELDS} fields and fragments, with its fragments put in."


class Size(NamedTuple):
    """How deep a selection goes, how many fields in it are renamed, and how often one name is written in one place."""

    depth: int
    aliases: int
    repeats: int


class SizeLimits(ValidationRule):
    """Refuses operations deeper than MAX_DEPTH, with more than MAX_ALIASES aliases, with one name more than MAX_REPEATS
    times in one selection or MAX_MERGED times in one place, and documents with more than MAX_FIELDS fields and
    fragments or MAX_DIRECTIVES directives.

    Depth and aliases of introspection are not counted: graphql-core bounds it by itself, and its usual query is deep.
    """

    def enter_document(self, document: DocumentNode, *_args: object) -> VisitorAction:
        sizes = _Sizes(document)
        operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
        if all(self._check(operation, sizes.of(operation.selection_set)) for operation in operations):
            self._check_merged(operations, sizes.fragments)
        self._directives = 0
        return None

    def enter_directive(self, node: DirectiveNode, *_args: object) -> VisitorAction:
        self._directives += 1
        if self._directives > MAX_DIRECTIVES:
            self.report_error(GraphQLError(f"There are more than {MAX_DIRECTIVES} directives.", node))
            return self.BREAK
        return None

    def _check(self, operation: OperationDefinitionNode, size: Size) -> bool:
        is_well = True
        for found, allowed, what in (
            (size.depth, MAX_DEPTH, "is {} levels deep"),
            (size.aliases, MAX_ALIASES, "has {} aliases"),
            (size.repeats, MAX_REPEATS, "names a field {} times in one place"),
        ):
            if found > allowed:
                message = f"The operation {what.format(found)}; {allowed} are allowed."
                self.report_error(GraphQLError(message, operation))
                is_well = False
        return is_well

    def _check_merged(
        self, operations: list[OperationDefinitionNode], fragments: Mapping[str, FragmentDefinitionNode]
    ) -> None:
        try:
            found = most_repeated(operations, fragments, MAX_FIELDS)
        except TooManySelections:
            self.report_error(GraphQLError(TOO_MANY_FIELDS, operations))
            return
        if found > MAX_MERGED:
            message = f"The operation names a field {found} times in one place, with its fragments put in; {MAX_MERGED}"
            self.report_error(GraphQLError(f"{message} are allowed.", operations))


NOTHING = Size(0, 0, 0)


class _Sizes:
    """Sizes of selections in one document; those of fragments are kept."""

    def __init__(self, document: DocumentNode) -> None:
        self.fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._known: dict[str, Size] = {}

    def of(self, selection_set: SelectionSetNode | None) -> Size:
        sizes = [NOTHING]
        names: Counter[str] = Counter()
        for selection in selection_set.selections if selection_set else ():
            if isinstance(selection, FieldNode):
                names[(selection.alias or selection.name).value] += 1
                sizes.append(self._of_field(selection))
            elif isinstance(selection, FragmentSpreadNode):
                sizes.append(self._of_fragment(selection.name.value))
            elif isinstance(selection, InlineFragmentNode):
                sizes.append(self.of(selection.selection_set))
        return Size(
            depth=max(size.depth for size in sizes),
            aliases=sum(size.aliases for size in sizes),
            repeats=max(*names.values(), 0, *(size.repeats for size in sizes)),
        )

    def _of_field(self, field: FieldNode) -> Size:
        below = NOTHING if field.name.value.startswith("__") else self.of(field.selection_set)
        return below._replace(depth=below.depth + 1, aliases=below.aliases + (field.alias is not None))

    def _of_fragment(self, name: str) -> Size:
        if name not in self._known:
            # A fragment that leads back to itself is refused by another rule; here it only has to end.
            self._known[name] = NOTHING
            fragment = self.fragments.get(name)
            self._known[name] = self.of(fragment.selection_set) if fragment else NOTHING
        return self._known[name]
