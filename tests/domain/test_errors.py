from __future__ import annotations

import re

from domain.errors.asking import TrackNotFound
from domain.errors.base import Retryable
from domain.errors.machine import DatabaseFull, DatabaseUnreachable
from tests.every_error import ERRORS


def test_an_error_says_its_docstring_with_its_details() -> None:
    error = TrackNotFound(id=7)
    assert (str(error), error.code, error.details) == ("There is no track 7.", "TRACK_NOT_FOUND", {"id": 7})
    assert isinstance(DatabaseUnreachable(reason="gone"), Retryable)


def test_a_message_is_one_line_however_its_docstring_is_broken() -> None:
    assert "\n" in (DatabaseFull.__doc__ or "")
    assert str(DatabaseFull(place="here", reason="no\nspace")) == (
        "The disk of the database at 'here' is full: no\nspace. Make room there and try again; a job that stopped"
        " over it goes on with: segue jobs retry ID"
    )
    assert [error for error in ERRORS if "\n" in error.wording() or "  " in error.wording()] == []


def test_every_error_has_a_code_of_its_own_and_a_message() -> None:
    codes = [error.code for error in ERRORS]
    assert len(set(codes)) == len(codes)
    for error in ERRORS:
        assert re.fullmatch(r"[A-Z]+(_[A-Z]+)*", error.code), error
        assert error.__doc__, error
