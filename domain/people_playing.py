"""Who plays, and what: "Jane Doe (violin)", "Quartet X", "Jane Doe, conductor"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from domain.names import fold

# What the field's word is for what a source writes in any of its languages.
INSTRUMENTS = {
    "violin": "violin violon violine violino vn vln vl fiddle",
    "viola": "viola bratsche alto va vla",
    "cello": "cello violoncello violoncelle vc vlc",
    "double bass": "double_bass contrabass kontrabass contrebasse contrabbasso db",
    "piano": "piano klavier pianoforte pf pno",
    "fortepiano": "fortepiano hammerklavier",
    "harpsichord": "harpsichord cembalo clavecin hpd",
    "organ": "organ orgel orgue organo",
    "celesta": "celesta",
    "harp": "harp harfe harpe arpa",
    "guitar": "guitar gitarre guitare chitarra",
    "lute": "lute laute luth liuto theorbo",
    "mandolin": "mandolin mandoline",
    "flute": "flute flöte flûte flauto fl",
    "recorder": "recorder blockflöte flûte_à_bec",
    "oboe": "oboe hautbois ob",
    "cor anglais": "cor_anglais english_horn englischhorn",
    "clarinet": "clarinet klarinette clarinette clarinetto cl",
    "bassoon": "bassoon fagott basson fagotto bn",
    "saxophone": "saxophone saxophon sax",
    "horn": "horn french_horn waldhorn cor corno hn",
    "trumpet": "trumpet trompete trompette tromba tpt",
    "trombone": "trombone posaune tbn",
    "tuba": "tuba",
    "percussion": "percussion schlagzeug timpani pauken",
    "viola da gamba": "viola_da_gamba gamba viol",
    "accordion": "accordion akkordeon bandoneon",
    "soprano": "soprano sopran",
    "mezzo-soprano": "mezzo_soprano mezzosopran mezzo",
    "contralto": "contralto",
    "countertenor": "countertenor contratenor",
    "tenor": "tenor ténor tenore",
    "baritone": "baritone bariton baryton",
    "bass-baritone": "bass_baritone bassbariton",
    "bass": "bass basso basse",
    "voice": "voice vocals stimme singer",
}
ROLES = {
    "conductor": "conductor dirigent dirigentin chef_d_orchestre direction director cond dir leitung direttore",
    "soloist": "soloist solo solist solistin",
    "leader": "leader concertmaster konzertmeister konzertmeisterin",
    "narrator": "narrator speaker sprecher sprecherin récitant",
    "chorus master": "chorus_master choirmaster",
    "accompanist": "accompanist",
}
_ENSEMBLE = re.compile(
    r"\b(?:orchest\w*|orkest\w*|philharmoni\w*|symphon\w* (?:of|orch)\w*|sinfoniett\w*|ensemble|consort|band|camerata"
    r"|quart[ei]t\w*|quatuor|trio|quint[ei]tt?\w*|sext[eu]tt?\w*|sept[eu]or|octet|oktett|choir|chor\w*|choeur|coro"
    r"|kammerchor|singers|players|soloists|virtuosi|academy|i musici)\b",
    re.IGNORECASE,
)
_PARENTHESES = re.compile(r"(?P<name>[^()\[\]]*\S)\s*[(\[](?P<said>[^()\[\]]+)[)\]]")
_COMMA = re.compile(r"(?P<name>[^,]+),\s*(?P<said>[^,]+(?:,[^,]+)*)")


@dataclass(frozen=True, slots=True)
class Playing:
    """A name with what the source says they do; `role` is "" and `instrument` None where it says nothing."""

    name: str
    role: str = ""
    instrument: str | None = None


def read_playing(text: str, role: str = "") -> Playing:
    """Reads what one person's or ensemble's field says; `role` is what the field itself means ("conductor").

    What is not understood stays part of the name: "Ana Lima (1912-1990)", "Bach, J. S.".
    """
    for pattern in (_PARENTHESES, _COMMA):
        found = pattern.fullmatch(text.strip())
        if not found:
            continue
        said = _said(found["said"])
        if said is not None:
            told, instruments = said
            return Playing(found["name"].strip(), role or told, ", ".join(instruments) or None)
    return Playing(text, role or ("ensemble" if _ENSEMBLE.search(text) else ""))


def _said(text: str) -> tuple[str, list[str]] | None:
    """Role and instruments in a list of them, None when anything in it is neither."""
    role, instruments = "", []
    for piece in re.split(r"\s*(?:[,;/&+]|\band\b|\bund\b|\bet\b)\s*", text):
        key = fold(piece)
        if key in _INSTRUMENTS:
            instruments.append(_INSTRUMENTS[key])
        elif key in _ROLES:
            role = role or _ROLES[key]
        elif len(words := key.split()) > 1 and words[0] in _ROLES and " ".join(words[1:]) in _INSTRUMENTS:
            role, instruments = role or _ROLES[words[0]], [*instruments, _INSTRUMENTS[" ".join(words[1:])]]
        else:
            return None
    return role, list(dict.fromkeys(instruments))


def _by_word(names: dict[str, str]) -> dict[str, str]:
    return {fold(word.replace("_", " ")): name for name, words in names.items() for word in words.split()}


_INSTRUMENTS, _ROLES = _by_word(INSTRUMENTS), _by_word(ROLES)
