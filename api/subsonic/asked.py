"""What a player asks: the parameters of one request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.requests import Request

from api.http_parameters import body_of
from api.requested import BadRequest
from api.subsonic.failures import GENERIC, Failed, missing

MAX_FORM_BYTES = 20_000
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Asked:
    """Parameters by name, the first of each."""

    parameters: Mapping[str, str]

    @property
    def as_json(self) -> bool:
        return self.parameters.get("f", "xml") == "json"

    def text(self, name: str) -> str:
        """Raises Failed where it is missing."""
        if not self.parameters.get(name):
            raise missing(name)
        return self.parameters[name]

    def number(self, name: str, default: int, least: int, most: int) -> int:
        """Within its bounds, whatever was asked for. Raises Failed for what is no number."""
        given = self.parameters.get(name, "").strip()
        if not given:
            return default
        digits = given.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) < 20):
            raise Failed(GENERIC, f"{name} is no number.")
        return min(most, max(least, int(given)))


async def asked(request: Request) -> Asked:
    """From the address and, as of the extension `formPost`, a form. Raises Failed."""
    pairs = list(request.query_params.multi_items())
    if request.method == "POST":
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
            raise Failed(GENERIC, f"Send parameters as {FORM}.")
        try:
            body = await body_of(request, MAX_FORM_BYTES)
        except BadRequest as error:
            raise Failed(GENERIC, str(error)) from None
        pairs += parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    parameters: dict[str, str] = {}
    for name, value in pairs:
        parameters.setdefault(name, value)
    if parameters.get("f", "xml") not in ("xml", "json"):
        raise Failed(GENERIC, "Answers are XML or JSON: f=xml or f=json.")
    return Asked(parameters)
