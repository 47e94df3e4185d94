"""Puts an evaluation's tables into a page that quotes it, and finds figures in it that the evaluation has not:

    python -m jobs.evaluation.report.quoting RESULTS.json PAGE.md

In the page, what stands between `<!-- table: NAME -->` and `<!-- end -->` is replaced; between `<!-- not ours -->` and
`<!-- end -->` figures of others may stand.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson

from jobs.evaluation.report.findings import Findings
from jobs.evaluation.report.quoted.tables import TABLES
from jobs.evaluation.report.text import value_text

BLOCK = re.compile(r"(<!-- table: (?P<name>[a-z ]+) -->\n).*?(<!-- end -->)", re.DOTALL)
NOT_OURS = re.compile(r"<!-- not ours -->.*?<!-- end -->", re.DOTALL)
# ".479", "−.02", "1.000"; no version, no part of a longer number.
FIGURE = re.compile(r"(?<![\w.])−?\d?\.\d{2,3}(?!\w|\.\d)")


def filled(page: str, findings: Findings) -> str:
    """The page with every table as the findings have it. Raises KeyError for a table that there is not."""

    def put(found: re.Match[str]) -> str:
        return f"{found[1]}{TABLES[found['name']](findings)}{found[3]}"

    return BLOCK.sub(put, page)


def strange(page: str, findings: Findings) -> list[str]:
    """Figures in the page's own words that are in no figure of the findings, in order."""
    known = set(_known(findings))
    return [found for found in FIGURE.findall(BLOCK.sub("", NOT_OURS.sub("", page))) if found not in known]


def _known(findings: Findings) -> Iterator[str]:
    for one in findings.figures:
        config = [value for value in one.config.values() if isinstance(value, float)]
        for value in (one.value, one.low, one.high, *config):
            if value is not None:
                # A difference may be told from either side.
                yield from (value_text(each, digits) for each in (value, -value) for digits in (2, 3))


def main(results: Path, page: Path) -> int:
    """1 where figures are strange."""
    findings = Findings(orjson.loads(results.read_bytes()))
    text = filled(page.read_text(encoding="utf-8"), findings)
    page.write_text(text, encoding="utf-8")
    unknown = strange(text, findings)
    for each in unknown:
        print(f"Not in {results}: {each}")  # noqa: T201 -- a program of its own
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
