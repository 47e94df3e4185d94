"""Which tags are shown."""

from __future__ import annotations

from domain.tags import MSD_TAGS, MTT_TAGS, shown_tags


def test_the_best_first_and_none_under_a_tenth() -> None:
    assert shown_tags(("guitar", "slow", "strings", "piano"), (0.099, 0.2, 0.7, 0.1)) == ["strings", "slow", "piano"]


def test_of_equal_scores_the_earlier_tag_goes_first() -> None:
    assert shown_tags(("slow", "piano", "loud"), (0.5, 0.6, 0.5)) == ["piano", "slow", "loud"]


def test_ten_are_enough() -> None:
    assert shown_tags(MTT_TAGS, [0.5] * 50) == list(MTT_TAGS[:10])


def test_a_vocabulary_names_every_output_once() -> None:
    assert len(set(MTT_TAGS)) == len(MTT_TAGS) == 50
    assert len(set(MSD_TAGS)) == len(MSD_TAGS) == 50
