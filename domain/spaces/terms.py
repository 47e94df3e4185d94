"""Under which licence the vectors of a space stand."""

from __future__ import annotations

from typing import NamedTuple

from domain.spaces.backends import find_facts


class Terms(NamedTuple):
    """The licences of the weights behind a space, and whether all of them allow commercial use."""

    licence: str
    commercial_use: bool

    @property
    def note(self) -> str:
        return self.licence if self.commercial_use else f"{self.licence}, no commercial use"


def terms_of(backend: str) -> Terms | None:
    """The terms of a space's `backend`, which names several, joined by "+", where it is computed from them; None where
    one is not known."""
    known = [facts for name in backend.split("+") if (facts := find_facts(name)) is not None]
    if len(known) <= backend.count("+"):
        return None
    licences = dict.fromkeys(facts.licence for facts in known)
    return Terms(" and ".join(licences), all(facts.commercial_use for facts in known))
