"""What an operation costs at most, counted before anything runs.

Every field costs its price (`api.prices`) plus what is selected below it, times the entries that its list can have:
those it is asked for with `first`, or as many as such lists usually have. What depends on variables is left open, so
that a document is counted once and the variables of each request are only filled in.

Fields that several fragments select in one place are executed once and counted once. Fragments are followed wherever
they are spread; that ends at MAX_FIELDS, for a short document can otherwise lead to more than there is time to count,
even where no field is at the end of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    value_from_ast_untyped,
)

from api.limits import MAX_FIELDS
from api.prices import LENGTHS, SIZES, USUAL_LENGTH, Price, price

Variables = Mapping[str, Any]  # Any: JSON
# Known, or known with the variables.
Cost = float | Callable[[Variables], float]


class TooManyFields(Exception):
    """The document selects more than MAX_FIELDS fields and fragments, its fragments put in."""


def filled_in(cost: Cost, variables: Variables | None) -> int:
    """What an operation costs with these variables."""
    return round(cost(variables or {}) if callable(cost) else cost)


class Counting:
    """Counts one operation of a valid document. `roots` are the names of the fields it begins with, `introspects`
    whether the schema is among them, `selections` how many fields and fragments were looked at, `before` those of the
    document's other operations. Raises TooManyFields."""

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, before: int = 0
    ) -> None:
        self._schema = schema
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._defaults = {
            definition.variable.name.value: value_from_ast_untyped(definition.default_value)
            for definition in operation.variable_definitions or ()
            if definition.default_value is not None
        }
        self.selections = before
        root = schema.get_root_type(operation.operation)
        groups = [] if root is None else self._grouped(root, [operation.selection_set])
        self.roots = {node.name.value for nodes, _ in groups for node in nodes}
        self.cost: Cost = 0 if root is None else _sum([self._of_group(root, group, None) for group in groups])

    @property
    def introspects(self) -> bool:
        return bool(self.roots & {"__schema", "__type"})

    def _below(self, type_: object, sets: list[SelectionSetNode], page: Cost | None) -> Cost:
        """What is selected of one object; `page` is how many entries its lists were asked for, where they were."""
        if isinstance(type_, GraphQLObjectType):
            return _sum([self._of_group(type_, group, page) for group in self._grouped(type_, sets)])
        if isinstance(type_, GraphQLInterfaceType):
            return _largest([self._below(kind, sets, page) for kind in self._schema.get_possible_types(type_)])
        return 0

    def _grouped(self, type_: GraphQLObjectType, sets: Iterable[SelectionSetNode]) -> list[Group]:
        """The fields of one object by the name that they have in the answer; those under conditions one by one."""
        always: dict[str, list[FieldNode]] = {}
        sometimes: list[Group] = []
        spread: set[str] = set()

        def collect(selection_set: SelectionSetNode, condition: Cost) -> None:
            for selection in selection_set.selections:
                self._count_selection()
                holds = _product(condition, self._condition(selection.directives or ()))
                if holds == 0:
                    continue
                if isinstance(selection, FieldNode):
                    if holds == 1:
                        always.setdefault((selection.alias or selection.name).value, []).append(selection)
                    else:
                        sometimes.append(([selection], holds))
                elif isinstance(selection, FragmentSpreadNode):
                    fragment = self._fragments[selection.name.value]
                    if fragment.name.value not in spread and self._applies(fragment, type_):
                        # What stands under a condition may stand elsewhere without.
                        spread.update([fragment.name.value] if holds == 1 else [])
                        collect(fragment.selection_set, holds)
                elif isinstance(selection, InlineFragmentNode) and self._applies(selection, type_):
                    collect(selection.selection_set, holds)

        for selection_set in sets:
            collect(selection_set, 1)
        return [(nodes, 1) for nodes in always.values()] + sometimes

    def _count_selection(self) -> None:
        self.selections += 1
        if self.selections > MAX_FIELDS:
            raise TooManyFields

    def _applies(self, fragment: FragmentDefinitionNode | InlineFragmentNode, type_: GraphQLObjectType) -> bool:
        if fragment.type_condition is None or fragment.type_condition.name.value == type_.name:
            return True
        wider = self._schema.type_map.get(fragment.type_condition.name.value)
        return isinstance(wider, GraphQLInterfaceType) and self._schema.is_sub_type(wider, type_)

    def _condition(self, directives: Iterable[DirectiveNode]) -> Cost:
        """1 where the selection is included, 0 where it is skipped."""
        holds: Cost = 1
        for directive in directives:
            name = directive.name.value
            if name in ("skip", "include") and directive.arguments:
                holds = _product(holds, self._truth(directive.arguments[0].value, wanted=name == "include"))
        return holds

    def _truth(self, node: ValueNode, *, wanted: bool) -> Cost:
        if isinstance(node, VariableNode):
            name = node.name.value
            default = self._defaults.get(name)
            return lambda variables: bool(variables.get(name, default)) is wanted
        return bool(value_from_ast_untyped(node)) is wanted

    def _of_group(self, type_: GraphQLObjectType, group: Group, page: Cost | None) -> Cost:
        nodes, holds = group
        node = nodes[0]
        name = node.name.value
        if name == "__typename":
            return 0
        if name.startswith("__"):
            return _product(holds, price(type_.name, name, False).own)
        field = type_.fields[name]
        size = self._size(node, field)
        own = price(type_.name, name, sized=size is not None)
        entries, page_below = _entries(f"{type_.name}.{name}", field, page, size)
        sets = [chosen.selection_set for chosen in nodes if chosen.selection_set]
        below = self._below(get_named_type(field.type), sets, page_below)
        each = 0 if size is None else _product(own.each, size)
        return _product(holds, _sum([own.own, each, self._of_options(node, own), _product(entries, below)]))

    def _size(self, node: FieldNode, field: GraphQLField) -> Cost | None:
        """How many entries a field is asked for; None where it cannot be asked for a number."""
        sized = next((name for name in SIZES if name in field.args), None)
        if sized is None:
            return None
        maximum = SIZES[sized]
        default = field.args[sized].default_value
        value = next((argument.value for argument in node.arguments or () if argument.name.value == sized), None)
        if isinstance(value, VariableNode):
            name, otherwise = value.name.value, self._defaults.get(value.name.value, default)
            return lambda variables: _number(variables.get(name, otherwise), maximum)
        if isinstance(value, IntValueNode):
            return _number(int(value.value), maximum)
        if isinstance(value, ListValueNode):
            return min(len(value.values), maximum)
        return _number(default if value is None else 1, maximum)

    def _of_options(self, node: FieldNode, own: Price) -> Cost:
        value = next((argument.value for argument in node.arguments or () if argument.name.value == "options"), None)
        if value is None or not own.options or isinstance(value, NullValueNode):
            return 0
        if isinstance(value, VariableNode):
            name, extra, default = value.name.value, own.options, self._defaults.get(value.name.value)
            return lambda variables: 0 if variables.get(name, default) is None else extra
        return own.options


Group = tuple[list[FieldNode], Cost]


def _entries(name: str, field: GraphQLField, page: Cost | None, size: Cost | None) -> tuple[Cost, Cost | None]:
    """How many entries a field's list has, and how many the lists just below were asked for: `first` of a connection is
    about its `nodes`. `page` is that of the field above."""
    if not isinstance(get_nullable_type(field.type), GraphQLList):
        return 1, size
    if size is not None:
        return size, None
    return (LENGTHS.get(name, USUAL_LENGTH) if page is None else page), None


def _number(value: object, maximum: int) -> int:
    """How many entries `value` asks for: a number, or as many as a list has. What is no number is refused later."""
    if isinstance(value, list):
        value = len(value)
    return min(max(value, 0), maximum) if isinstance(value, int) else maximum


def _sum(costs: list[Cost]) -> Cost:
    constant = sum(cost for cost in costs if not callable(cost))
    open_ = [cost for cost in costs if callable(cost)]
    if not open_:
        return constant
    return lambda variables: constant + sum(cost(variables) for cost in open_)


def _product(one: Cost, other: Cost) -> Cost:
    if callable(one) and callable(other):
        first, second = one, other
        return lambda variables: first(variables) * second(variables)
    if callable(one):
        return _product(other, one)
    if callable(other):
        if one in (0, 1):
            return other if one else 0
        factor, cost = one, other
        return lambda variables: factor * cost(variables)
    return one * other


def _largest(costs: list[Cost]) -> Cost:
    constant = max((cost for cost in costs if not callable(cost)), default=0)
    open_ = [cost for cost in costs if callable(cost)]
    if not open_:
        return constant
    return lambda variables: max(constant, *(cost(variables) for cost in open_))
