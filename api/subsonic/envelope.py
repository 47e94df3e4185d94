"""The form of an answer: `subsonic-response` in XML, or in JSON where it is asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any
from xml.etree import ElementTree

import orjson
from starlette.responses import Response

from api.subsonic.failures import Failed

# That of the API whose extensions are spoken here.
VERSION = "1.16.1"
NAMESPACE = "http://subsonic.org/restapi"
# XML cannot hold these, however they are written.
NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Content = Mapping[str, Any]  # Any: JSON


def answered(content: Content, *, as_json: bool) -> Response:
    return _response({"status": "ok", **_about(), **content}, as_json=as_json)


def failed(failure: Failed, *, as_json: bool, status: int = 200) -> Response:
    """Subsonic's failures come with status 200, as players expect."""
    error = {"code": failure.code, "message": str(failure)}
    return _response({"status": "failed", **_about(), "error": error}, as_json=as_json, status=status)


def _about() -> dict[str, Any]:  # Any: JSON
    return {"version": VERSION, "type": "segue", "serverVersion": version("segue"), "openSubsonic": True}


def _response(content: Content, *, as_json: bool, status: int = 200) -> Response:
    headers = {"Cache-Control": "no-store"}
    if as_json:
        return Response(orjson.dumps({"subsonic-response": content}), status, headers, media_type="application/json")
    root = _element("subsonic-response", content)
    root.set("xmlns", NAMESPACE)
    text = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return Response(text, status, headers, media_type="text/xml; charset=utf-8")


def _element(name: str, content: Content) -> ElementTree.Element:
    """Attributes for what is simple, an element for each object, of lists too; texts in lists are elements' texts."""
    element = ElementTree.Element(name)
    for key, value in content.items():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, Mapping):
                element.append(_element(key, item))
            elif isinstance(value, list):
                ElementTree.SubElement(element, key).text = _text(item)
            else:
                element.set(key, _text(item))
    return element


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return NOT_IN_XML.sub("\ufffd", str(value))
