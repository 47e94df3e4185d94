"""A server takes the quick event loop and the quick parser of HTTP, without being told."""

from __future__ import annotations

import uvicorn
import uvloop
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.app import create_app
from domain.settings import Settings


def test_uvloop_and_httptools_are_used() -> None:
    config = uvicorn.Config(create_app(Settings(database_url="postgresql:///x?host=/nowhere")), log_config=None)
    config.load()
    assert config.http_protocol_class is HttpToolsProtocol
    factory = config.get_loop_factory()
    assert factory is not None
    loop = factory()
    assert isinstance(loop, uvloop.Loop)
    loop.close()
