from __future__ import annotations

import pytest

from domain.errors.asking import InvalidSelection
from domain.selections import Selection, SelectionKind


@pytest.mark.parametrize(
    ("where", "kind", "name"),
    [
        ("composer=Antonín Dvořák", SelectionKind.COMPOSER, "Antonín Dvořák"),
        ("Album= a = b ", SelectionKind.ALBUM, "a = b"),
        ("failed", SelectionKind.FAILED, None),
        (" STALE ", SelectionKind.STALE, None),
    ],
)
def test_what_can_be_asked_for(where: str, kind: SelectionKind, name: str | None) -> None:
    selection = Selection.parse(where)
    assert (selection.kind, selection.name) == (kind, name)
    assert Selection.parse(str(selection)) == selection


@pytest.mark.parametrize("where", ["", "best", "composer", "composer=", "album=  ", "failed=yes", "title=x", "=x"])
def test_what_cannot(where: str) -> None:
    with pytest.raises(InvalidSelection, match="composer=NAME, album=TITLE, failed or stale"):
        Selection.parse(where)


def test_a_long_text_is_not_repeated_whole() -> None:
    with pytest.raises(InvalidSelection, match=r"^'x{60}…' does not say which tracks"):
        Selection.parse("x" * 20_000)
