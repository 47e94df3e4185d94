"""Every argument of every field that operations begin with, with whatever somebody would try."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from api.documents import SCHEMA
from tests.api.fuzz.generated import MUTATIONS, QUERIES
from tests.api.fuzz.service import Service, served
from tests.api.fuzz.values import arguments, operation
from tests.soak import IS_SOAK, patient

EXAMPLES = 400 if IS_SOAK else 4

pytestmark = patient


@pytest.fixture(scope="module")
def services(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Service]]:
    """A curator, whom no role stops, and a user, who is stopped where it is not about them."""
    with served(
        ("user by key", "curator by issuer"), new_database, tmp_path_factory.mktemp("fuzz-arguments")
    ) as services:
        yield services


@pytest.mark.parametrize("name", [*QUERIES, *MUTATIONS])
def test_every_argument_takes_or_refuses_anything(services: list[Service], name: str) -> None:
    kind = "query" if name in QUERIES else "mutation"
    root = SCHEMA.query_type if kind == "query" else SCHEMA.mutation_type
    assert root
    field = root.fields[name]
    pool = services[1].pool

    @settings(
        max_examples=EXAMPLES,
        phases=[Phase.generate],
        database=None,
        derandomize=True,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def ask(data: st.DataObject) -> None:
        variables = data.draw(arguments(field, pool)) if field.args else {}
        text = operation(kind, name, field, variables)
        for service in services:
            if name == "deleteUser" and variables.get("id") in service.may_delete():
                continue
            assert service.ask(text, variables) == []

    ask()


def test_most_of_it_was_taken_or_refused_by_name(services: list[Service]) -> None:
    """Runs last."""
    for service in services:
        assert service.codes["ok"] > service.sent / 20
        assert {"INVALID_ID", "BAD_USER_INPUT"} <= set(service.codes)
