"""Counters and histograms, and how Prometheus reads them."""

from __future__ import annotations

from api.metrics import Counter, Gauge, Histogram, exposed, gauge
from api.operation_names import MAX_NAMES, OTHERS, OperationNames


def test_the_text_of_each_kind() -> None:
    asked = Counter("asked_total", "How many asked.", ("who", "what"))
    asked.add("Ana", "panel")
    asked.add("Ana", "panel", amount=2)
    asked.add('a "quoted"\nname\\', "x")
    took = Histogram("took_seconds", "How long.", ("who",), bounds=(0.5, 1.0))
    # At most a half; at most one, being exactly that; more than one.
    for seconds in (0.25, 1.0, 4.0):
        took.add("Ana", amount=seconds)
    rooms = Gauge("rooms", "Rooms.", [({"floor": "1"}, 3)])
    assert exposed([asked, took, rooms, gauge("up", "Up.", True)]) == "\n".join(
        [
            "# HELP asked_total How many asked.",
            "# TYPE asked_total counter",
            'asked_total{who="Ana",what="panel"} 3',
            'asked_total{who="a \\"quoted\\"\\nname\\\\",what="x"} 1',
            "# HELP took_seconds How long.",
            "# TYPE took_seconds histogram",
            'took_seconds_bucket{who="Ana",le="0.5"} 1',
            'took_seconds_bucket{who="Ana",le="1"} 2',
            'took_seconds_bucket{who="Ana",le="+Inf"} 3',
            'took_seconds_sum{who="Ana"} 5.25',
            'took_seconds_count{who="Ana"} 3',
            "# HELP rooms Rooms.",
            "# TYPE rooms gauge",
            'rooms{floor="1"} 3',
            "# HELP up Up.",
            "# TYPE up gauge",
            "up 1",
            "",
        ]
    )


def test_strangers_cannot_make_names_without_end() -> None:
    names = OperationNames()
    assert {names.counted(f"Operation{number}") for number in range(10_000)} == {
        *(f"Operation{number}" for number in range(MAX_NAMES)),
        OTHERS,
    }
    assert names.counted("Operation3") == "Operation3"
    # Ours are always counted by name.
    assert names.counted("(unnamed)") == "(unnamed)"
