"""Every error is listed, the ones that clients meet apart from the others."""

from __future__ import annotations

import pytest

from api.error_table import DOCUMENTED, OF_THE_PROTOCOL, every_class, page
from api.errors import EXPECTED, UNREACHABLE
from tests.every_error import ERRORS


def test_the_listed_errors_are_those_there_are() -> None:
    if DOCUMENTED.read_text("utf-8") != page():
        pytest.fail("docs/errors.md lists other errors than there are. If those are meant: python -m api.error_table")


def test_every_class_is_listed_once() -> None:
    assert set(every_class()) == set(ERRORS)
    rows = [line for line in page().splitlines() if line.startswith("| `")]
    assert len(rows) == len(ERRORS) + len(OF_THE_PROTOCOL)
    codes = [line.split("`")[1] for line in rows]
    assert len(set(codes)) == len(codes)


def test_what_clients_meet_is_in_the_second_table() -> None:
    told, others = page().split("## Of Segue, on the command line")
    for cls in ERRORS:
        assert (f"| `{cls.code}` |" in told) == (cls in (*EXPECTED, *UNREACHABLE)), cls
        assert (f"| `{cls.code}` |" in others) == (cls not in (*EXPECTED, *UNREACHABLE)), cls
