"""What only a person can decide."""

from __future__ import annotations

from domain.people import read_name
from domain.people_doubts import Doubt, Spelling, doubts


def spelling(alias: str, composer: str | None = None, *, decided: bool = False) -> Spelling:
    return Spelling(alias, read_name(alias), composer or alias, decided)


def test_an_abbreviated_name_may_be_somebody_of_the_archive() -> None:
    [doubt] = doubts([spelling("E. Philp"), spelling("Elizabeth Philp"), spelling("Ethel Barns")])
    assert doubt == Doubt("E. Philp", "E. Philp", "it may be Elizabeth Philp", ("Elizabeth Philp",))


def test_a_bare_surname_may_be_anyone_of_the_family() -> None:
    [doubt] = doubts([spelling("Schumann")])
    assert doubt.reason == "it may be one of Clara Schumann, Robert Schumann"


def test_a_merge_becomes_doubtful_when_a_relative_comes() -> None:
    franz = [spelling("F. Schubert", "Franz Schubert"), spelling("Franz Schubert")]
    assert doubts(franz) == []
    [doubt] = doubts([*franz, spelling("Ferdinand Schubert")])
    assert (doubt.alias, doubt.composer, doubt.others) == ("F. Schubert", "Franz Schubert", ("Ferdinand Schubert",))


def test_relatives_with_full_names_are_not_doubtful() -> None:
    assert doubts([spelling(name) for name in ("Clara Schumann", "Robert Schumann", "Leopold Mozart")]) == []


def test_names_that_differ_by_a_slip_of_the_pen_are_shown() -> None:
    [doubt] = doubts([spelling("William Schuman"), spelling("William Schumann")])
    assert doubt.reason == "it may be William Schumann"


def test_what_a_person_decided_is_not_asked_again() -> None:
    assert doubts([spelling("E. Philp", decided=True), spelling("Elizabeth Philp")]) == []
    assert doubts([spelling("Schumann", decided=True), spelling("Clara Schumann")]) == []
