"""Tickets for uploads to the API."""

from __future__ import annotations

import pytest

from domain.errors.storage import InvalidUploadTicket, UploadRefused
from domain.signing import Signer
from jobs.storage.tickets import PATH, PURPOSE, UploadGrant, check_headers, read_ticket, ticket_path

SIGNER = Signer([b"new", b"old"])
GRANT = UploadGrant("audio/incoming/1/Für Elise.flac", 1_000, "audio/flac", expires=2_000)


def test_a_ticket_allows_what_was_signed_until_it_expires() -> None:
    path = ticket_path(SIGNER, GRANT)
    assert path.startswith("/upload/")
    token = path.removeprefix(PATH)
    assert read_ticket(SIGNER, token, now=1_999.9) == GRANT
    assert read_ticket(Signer([b"newest", b"new"]), token, now=0) == GRANT
    with pytest.raises(InvalidUploadTicket, match="Ask for another one with `requestUpload`"):
        read_ticket(SIGNER, token, now=2_000)


def test_what_we_did_not_sign_for_an_upload_is_no_ticket() -> None:
    token = ticket_path(SIGNER, GRANT).removeprefix(PATH)
    others = [
        "",
        ".",
        "x",
        token[:-1],
        "A" + token,
        token + "A",
        SIGNER.sign("audio", SIGNER.verify(PURPOSE, token) or ""),
    ]
    for other in [*others, ticket_path(Signer([b"other"]), GRANT).removeprefix(PATH)]:
        with pytest.raises(InvalidUploadTicket):
            read_ticket(SIGNER, other, now=0)


def test_an_upload_that_will_not_do_is_refused_before_its_first_byte() -> None:
    check_headers(GRANT, content_type="audio/flac", content_length=1_000)
    check_headers(GRANT, content_type="audio/flac", content_length=None)
    with pytest.raises(UploadRefused, match="The upload is refused: its Content-Type must be audio/flac"):
        check_headers(GRANT, content_type="text/html", content_length=1)
    with pytest.raises(UploadRefused, match="larger than 1000 bytes"):
        check_headers(GRANT, content_type="audio/flac", content_length=1_001)
    with pytest.raises(UploadRefused, match="it is empty"):
        check_headers(GRANT, content_type="audio/flac", content_length=0)
