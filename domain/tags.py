"""The tag vocabularies of the audio backends that tag, in the order of their networks' outputs, and which are shown."""

from __future__ import annotations

from collections.abc import Sequence

MIN_SHOWN_SCORE = 0.1
MAX_SHOWN_TAGS = 10

# MagnaTagATune, 50 most frequent tags (Law et al., ISMIR 2009), as MusiCNN was trained on them.
MTT_TAGS = (
    "guitar",
    "classical",
    "slow",
    "techno",
    "strings",
    "drums",
    "electronic",
    "rock",
    "fast",
    "piano",
    "ambient",
    "beat",
    "violin",
    "vocal",
    "synth",
    "female",
    "indian",
    "opera",
    "male",
    "singing",
    "vocals",
    "no vocals",
    "harpsichord",
    "loud",
    "quiet",
    "flute",
    "woman",
    "male vocal",
    "no vocal",
    "pop",
    "soft",
    "sitar",
    "solo",
    "man",
    "classic",
    "choir",
    "voice",
    "new age",
    "dance",
    "male voice",
    "female vocal",
    "beats",
    "harp",
    "cello",
    "no voice",
    "weird",
    "country",
    "metal",
    "female voice",
    "choral",
)

# Million Song Dataset, 50 most frequent Last.fm tags, as MusiCNN was trained on them.
MSD_TAGS = (
    "rock",
    "pop",
    "alternative",
    "indie",
    "electronic",
    "female vocalists",
    "dance",
    "00s",
    "alternative rock",
    "jazz",
    "beautiful",
    "metal",
    "chillout",
    "male vocalists",
    "classic rock",
    "soul",
    "indie rock",
    "Mellow",
    "electronica",
    "80s",
    "folk",
    "90s",
    "chill",
    "instrumental",
    "punk",
    "oldies",
    "blues",
    "hard rock",
    "ambient",
    "acoustic",
    "experimental",
    "female vocalist",
    "guitar",
    "Hip-Hop",
    "70s",
    "party",
    "country",
    "easy listening",
    "sexy",
    "catchy",
    "funk",
    "electro",
    "heavy metal",
    "Progressive rock",
    "60s",
    "rnb",
    "indie pop",
    "sad",
    "House",
    "happy",
)


def shown_tags(vocabulary: Sequence[str], scores: Sequence[float]) -> list[str]:
    """The tags that are shown and filtered by: those that score at least 0.1, best first, at most ten.

    `scores` (0–1) are in the order of `vocabulary`; of equal scores the earlier tag goes first.
    """
    ranked = sorted(zip(vocabulary, scores, strict=True), key=lambda tag: -tag[1])
    return [name for name, score in ranked[:MAX_SHOWN_TAGS] if score >= MIN_SHOWN_SCORE]
