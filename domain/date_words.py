"""The names of months, as English, German, French, Italian and Spanish catalogues spell and shorten them."""

from __future__ import annotations

import re

_SPELLED = (
    "january jan januar jänner janvier janv gennaio gen enero ene",
    "february feb febr februar février fevrier févr fevr febbraio febrero",
    "march mar märz maerz mrz mars marzo",
    "april apr avril avr aprile abril abr",
    "may mai maggio mag mayo",
    "june jun juni juin giugno giu junio",
    "july jul juli juillet juil luglio lug julio",
    "august aug août aout agosto ago",
    "september sep sept septembre settembre set septiembre",
    "october oct oktober okt octobre ottobre ott octubre",
    "november nov novembre noviembre",
    "december dec dezember dez décembre decembre déc dicembre dic diciembre",
)

# In lower case; none is the name of two months.
MONTHS = {name: number for number, names in enumerate(_SPELLED, 1) for name in names.split()}
MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))

WEEKDAY = re.compile(r"^(?:mon|tues|wednes|thurs|fri|satur|sun)day,? ")
