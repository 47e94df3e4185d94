"""Traces: what lies within what, sent to a collector that speaks OpenTelemetry's protocol."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import numpy as np
import pytest

from api.app import create_app
from api.tracing import TracedEncoder, Traces
from domain.ids import encode
from domain.settings import Settings
from tests.api.conftest import CountingDatabase
from tests.small_archive import SmallArchive

sdk = pytest.importorskip("opentelemetry.sdk.trace", reason="OpenTelemetry is not here (pip install '.[observe]')")
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest  # noqa: E402 -- see above
from opentelemetry.sdk.trace.export import SimpleSpanProcessor  # noqa: E402
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter  # noqa: E402

pytestmark = pytest.mark.anyio

PANEL = "query Panel($id: ID!) { track(id: $id) { similar(first: 2) { items { track { title } } } } }"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


class Collector(HTTPServer):
    """Takes spans as a collector does."""

    def __init__(self) -> None:
        self.spans: list[Any] = []  # Any: of the protocol
        super().__init__(("127.0.0.1", 0), Taking)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1/traces"


class Taking(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                self.server.spans += scope.spans
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    thread = threading.Thread(target=collector.serve_forever)
    thread.start()
    yield collector
    collector.shutdown()
    thread.join()
    collector.server_close()


async def test_a_request_its_resolvers_and_its_statements(
    collector: Collector, archive_url: str, archive: SmallArchive
) -> None:
    database = CountingDatabase(archive_url, size=2, statement_timeout_seconds=10)
    app = create_app(Settings(traces_url=collector.url), database)
    headers = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as http:
        content = {"query": PANEL, "variables": {"id": encode("Track", archive.tracks["Prelude"])}}
        answer = await http.post("/graphql", json=content, headers=headers)
        assert [item["track"]["title"] for item in answer.json()["data"]["track"]["similar"]["items"]] == [
            "Fugue",
            "Élégie",
        ]
    await app.state.services.close()
    by_id = {span.span_id: span for span in collector.spans}
    assert {span.trace_id.hex() for span in collector.spans} == {TRACE}

    def way(span: Any) -> str:  # Any: of the protocol
        above = by_id.get(span.parent_span_id)
        return span.name if above is None else f"{way(above)} > {span.name}"

    assert {way(span) for span in collector.spans} == {
        "Panel",
        "Panel > Query.track",
        "Panel > Query.track > SQL",
        "Panel > Query.track > Track.similar",
        "Panel > Query.track > Track.similar > SQL",
        "Panel > JSON encoder",
    }
    statements = [
        attribute.value.string_value
        for span in collector.spans
        for attribute in span.attributes
        if attribute.key == "db.query.text"
    ]
    assert len(statements) == database.statements
    assert any("%(seed)s" in statement for statement in statements)
    [request] = [span for span in collector.spans if span.name == "Panel"]
    told = {attribute.key: attribute.value.string_value for attribute in request.attributes}
    assert told["segue.request_id"] == answer.headers["x-request-id"]


def test_an_encoder_is_a_span() -> None:
    exporter = InMemorySpanExporter()
    provider = sdk.TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))

    class Doubling:
        def encode(self, vectors: Any, weights: Any) -> Any:  # Any: arrays
            return 2 * vectors

    traced = TracedEncoder(Doubling(), Traces(provider))
    assert traced.encode(np.ones((1, 2), dtype=np.float32), np.ones(1, dtype=np.float32)).tolist() == [[2, 2]]
    assert [span.name for span in exporter.get_finished_spans()] == ["query encoder"]


async def test_without_a_setting_nothing_is_traced(database: CountingDatabase) -> None:
    app = create_app(Settings(), database)
    assert (app.state.services.tracer, database.tracer) == (None, None)
