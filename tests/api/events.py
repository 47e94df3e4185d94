"""Events as AWS sends them to a function, with a request of ours put into them."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

FOLDER = Path(__file__).parent / "events"
KINDS = ("http_api", "function_url", "rest_api")

Event = dict[str, Any]  # Any: JSON


def post(kind: str, query: str, variables: dict[str, Any] | None = None, path: str = "/graphql") -> Event:
    """An operation, sent as JSON."""
    event = _of(kind, path)
    body = json.dumps({"query": query, "variables": variables or {}})
    event["body"] = base64.b64encode(body.encode()).decode() if event["isBase64Encoded"] else body
    return event


def get(kind: str, path: str, accept: str = "application/json", **parameters: str) -> Event:
    """A request without a body."""
    event = _of(kind, path)
    del event["body"]
    event["isBase64Encoded"] = False
    if kind == "rest_api":
        event |= {"httpMethod": "GET", "body": None}
        event["queryStringParameters"] = parameters or None
        event["multiValueQueryStringParameters"] = {name: [value] for name, value in parameters.items()} or None
        event["requestContext"]["httpMethod"] = "GET"
        for headers, value in ((event["headers"], accept), (event["multiValueHeaders"], [accept])):
            del headers["Content-Type"]
            headers["Accept"] = value
    else:
        event["rawQueryString"] = urlencode(parameters)
        event["requestContext"]["http"]["method"] = "GET"
        for name in ("content-type", "content-length"):
            del event["headers"][name]
        event["headers"]["accept"] = accept
    return event


def with_claims(event: Event, claims: dict[str, str]) -> Event:
    """As an HTTP API sends it on a route with a JWT authorizer."""
    event["requestContext"]["authorizer"] = {"jwt": {"claims": claims, "scopes": None}}
    return event


def body_of(answer: dict[str, Any]) -> bytes:
    """The bytes that the gateway sends to the client."""
    text: str = answer["body"]
    return base64.b64decode(text) if answer["isBase64Encoded"] else text.encode()


def _of(kind: str, path: str) -> Event:
    event: Event = json.loads((FOLDER / f"{kind}.json").read_text())
    if kind == "rest_api":
        event |= {"path": path, "resource": path}
        event["requestContext"] |= {"path": f"/prod{path}", "resourcePath": path}
    else:
        event["rawPath"] = path
        event["requestContext"]["http"]["path"] = path
    return event
