"""Facts of the pretrained backends of other kinds: MusicFM, EncodecMAE, MULE and Jukebox."""

from __future__ import annotations

from domain.spaces.facts import BackendFacts

OTHER_PRETRAINED: tuple[BackendFacts, ...] = ()
