"""Documents are parsed and validated once, and no more of them are kept than were meant to be."""

from __future__ import annotations

from api.documents import KEPT_DOCUMENTS, _valid, prepare


def test_what_is_valid_is_kept_within_bounds() -> None:
    _valid.cache_clear()
    first = prepare("{ albums { totalCount } }")
    assert prepare("{ albums { totalCount } }").document is first.document
    for number in range(2 * KEPT_DOCUMENTS):
        prepare(f"{{ a{number}: __typename }}")
    kept = _valid.cache_info()
    assert (kept.maxsize, kept.currsize) == (KEPT_DOCUMENTS, KEPT_DOCUMENTS)


def test_what_is_not_valid_pushes_nobody_out() -> None:
    _valid.cache_clear()
    first = prepare("{ albums { totalCount } }")
    for number in range(KEPT_DOCUMENTS):
        assert prepare(f"{{ nonsense{number} }}").document is None
        assert prepare(f"{{ {number}").document is None
    assert prepare("{ albums { totalCount } }").document is first.document
    assert _valid.cache_info().currsize == 1
