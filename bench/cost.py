"""How long it takes to count what the panel query costs: once for its document, and again for each request.

    python -m bench.cost

Medians over rounds, in microseconds. "filled in" is what a request pays, with the variables it brings.
"""

from __future__ import annotations

import statistics
import timeit
from collections.abc import Callable
from functools import partial

from graphql import OperationDefinitionNode, parse, validate

from api.cost import Counting, filled_in
from api.documents import SCHEMA

FIELDS = """{ id fallbackReason items { rank score
    track { id title durationSeconds composer { name } album { title } audioUrl } reasons { kind text } } }"""
QUERIES = {
    "literals": f"query($id: ID!) {{ recommendSimilar(trackId: $id, first: 5) {FIELDS} }}",
    "variables": "query($id: ID!, $first: Int! = 5, $options: RecommendationOptions)"
    f" {{ recommendSimilar(trackId: $id, first: $first, options: $options) {FIELDS} }}",
}
ROUNDS = 9


def microseconds(work: Callable[[], object], times: int) -> float:
    return statistics.median(timeit.repeat(work, number=times, repeat=ROUNDS)) / times * 1e6


def main() -> None:
    print("query       parsed  validated  counted  filled in")
    for name, text in QUERIES.items():
        document = parse(text)
        [operation] = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
        cost = Counting(SCHEMA, document, operation).cost
        variables = {"id": "VHJhY2s6MQ==", "first": 20, "options": {}}
        parsed = microseconds(partial(parse, text), 20)
        validated = microseconds(partial(validate, SCHEMA, document), 5)
        counted = microseconds(partial(Counting, SCHEMA, document, operation), 20)
        filled = microseconds(partial(filled_in, cost, variables), 2_000)
        print(f"{name:10} {parsed:7.0f} {validated:10.0f} {counted:8.0f} {filled:10.2f}")


if __name__ == "__main__":
    main()
