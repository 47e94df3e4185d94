"""Operations generated from the schema, as every role, however it is proved: every answer is one that was meant."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from random import Random
from zlib import crc32

import pytest

from tests.api.fuzz.generated import MUTATIONS, QUERIES, generated, reaching
from tests.api.fuzz.service import BEN, WAYS, Service, served
from tests.soak import IS_SOAK, patient

FIELDS = [*QUERIES, *MUTATIONS]
# Every operation is sent with several choices of ids; making it up takes longer than answering it.
CHOICES = 4 if IS_SOAK else 1
# 20,000 in each way.
EACH = -(-20_000 // (len(FIELDS) * CHOICES)) if IS_SOAK else 3
WRONG = EACH // 10 if IS_SOAK else 1

pytestmark = patient


@pytest.fixture(scope="module")
def services(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Service]]:
    with served(tuple(WAYS), new_database, tmp_path_factory.mktemp("fuzz")) as services:
        yield services


@pytest.mark.parametrize("field", FIELDS)
def test_every_answer_is_one_that_was_meant(services: list[Service], field: str) -> None:
    pool, wrong = services[0].pool, []
    for number, text in enumerate([*generated(field, EACH), *generated(field, WRONG, wrong=True)]):
        for choice in range(CHOICES):
            rng = Random(crc32(f"{field} {number} {choice}".encode()))  # noqa: S311 -- no secret
            operation = reaching(text, pool, rng)
            for service in services:
                # Nobody forgets those whom the rest is about.
                if field == "deleteUser" and any(user in operation for user in service.may_delete()):
                    continue
                wrong += [f"{service.way}: {found}\n{operation}" for found in service.ask(operation)]
    assert wrong == []


def test_it_reached_what_lies_behind(services: list[Service], capsys: pytest.CaptureFixture[str]) -> None:
    """Runs last: in every way a good part was answered in full, and what is Ben's is as it was."""
    assert [service.way for service in services] == list(WAYS)
    if IS_SOAK:
        with capsys.disabled():
            for service in services:
                codes = ", ".join(f"{code} {count}" for code, count in sorted(service.codes.items()))
                sys.stdout.write(f"\n{service.way}: {service.sent} operations; {codes}\n")
    for service in services:
        assert service.sent >= (len(FIELDS) - 1) * EACH * CHOICES
        assert service.codes["ok"] > service.sent / 20
        if service.role != "curator":
            assert service.rows_of_ben() == [(BEN, 1, 3)], service.way
    # Who was known as what: else another role would have been tried.
    refused = {service.way: {"CURATOR_ONLY", "NOT_A_CURATOR"} & set(service.codes) for service in services}
    assert refused == {
        "public": {"CURATOR_ONLY"},
        "user": {"NOT_A_CURATOR"},
        "curator": set(),
        "user by key": {"NOT_A_CURATOR"},
        "curator by key": set(),
        "curator by issuer": set(),
        "reader by issuer": {"NOT_A_CURATOR"},
    }
