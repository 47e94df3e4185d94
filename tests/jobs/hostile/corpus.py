"""Hostile files, made from good ones and a seed: damaged, lying, disguised, bloated, and a few that are fine."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tests.ml.recordings import ENCODERS, write

SECONDS = 3
SILENT_MINUTES = 30


class Hostile(NamedTuple):
    """A file, and whether it is a recording that has to be heard."""

    path: Path
    good: bool


Maker = Callable[[random.Random, dict[str, bytes]], tuple[bytes, str]]


def make_corpus(folder: Path, seed: int, size: int) -> list[Hostile]:
    """Write `size` files into `folder`, every kind in turn; the same files for the same seed.

    Damaged files are truncated at random offsets, have random bits flipped or random bytes overwritten in their header
    or anywhere, blocks removed, repeated or shuffled; others lie in header fields, have another format's suffix, hold
    no audio at all, or much more than their size suggests.
    """
    randomly = random.Random(seed)  # noqa: S311 -- the same files for the same seed
    originals = _originals(folder, randomly)
    made = []
    makers = _in_turn(randomly)
    for number in range(size):
        kind, maker = next(makers)
        data, suffix = maker(randomly, originals)
        name = f"{number:03} {kind}".encode() + randomly.choice(
            [b"", b" na\xefve", " Größe".encode(), b" a\nb", b" \x1b[31m"]
        )
        path = Path((bytes(folder) + b"/" + name + suffix.encode()).decode(errors="surrogateescape"))
        path.write_bytes(data)
        made.append(Hostile(path, kind == "good"))
    return made


def _in_turn(randomly: random.Random) -> Iterator[tuple[str, Maker]]:
    """All kinds, in an order of chance that is another one each time; damage comes more often than the rest."""
    while True:
        kinds = [*KINDS.items(), *[(kind, maker) for kind, maker in KINDS.items() if maker in DAMAGES]]
        randomly.shuffle(kinds)
        yield from kinds


def _originals(folder: Path, randomly: random.Random) -> dict[str, bytes]:
    """A short good recording in every format, by its suffix, no two of the same sound."""
    made = {}
    for number, suffix in enumerate(ENCODERS):
        random_generator = np.random.default_rng(randomly.randrange(2**32))
        noise = random_generator.uniform(-0.4, 0.4, (2, SECONDS * 48_000)).astype(np.float32)
        path = write(
            folder / f"original{suffix}",
            noise,
            tags={"title": f"Nº {number}", "comment": "x" * 200},
            muxer={"fflags": "+bitexact"},
        )
        made[suffix] = path.read_bytes()
        path.unlink()
    return made


# --- what is fine


def good(randomly: random.Random, originals: dict[str, bytes]) -> tuple[bytes, str]:
    suffix = randomly.choice(list(originals))
    return originals[suffix], suffix


# --- damage


def truncated(randomly: random.Random, originals: dict[str, bytes]) -> tuple[bytes, str]:
    data, suffix = good(randomly, originals)
    return data[: randomly.randrange(len(data))], suffix


def flipped(within: int) -> Maker:
    """Up to forty bits the other way around, within so many bytes from the start."""

    def make(randomly: random.Random, originals: dict[str, bytes]) -> tuple[bytes, str]:
        data, suffix = good(randomly, originals)
        damaged = bytearray(data)
        for _ in range(randomly.randint(1, 40)):
            damaged[randomly.randrange(min(within, len(data)))] ^= 1 << randomly.randrange(8)
        return bytes(damaged), suffix

    return make


def overwritten(randomly: random.Random, originals: dict[str, bytes]) -> tuple[bytes, str]:
    """A number in the header with every bit set, none, or only the highest."""
    data, suffix = good(randomly, originals)
    damaged = bytearray(data)
    for _ in range(randomly.randint(1, 4)):
        at, width = randomly.randrange(min(600, len(data) - 8)), randomly.choice([2, 4, 8])
        damaged[at : at + width] = randomly.choice([b"\xff", b"\x7f", b"\0", b"\x80"]) * width
    return bytes(damaged), suffix


def shuffled(randomly: random.Random, originals: dict[str, bytes]) -> tuple[bytes, str]:
    """Blocks repeated, left out and in the wrong order: time stamps jump and go backwards."""
    data, suffix = good(randomly, originals)
    blocks = [data[at : at + 3_000] for at in range(1_000, len(data), 3_000)]
    return data[:1_000] + b"".join(randomly.choices(blocks, k=len(blocks))), suffix


def spliced(randomly: random.Random, originals: dict[str, bytes]) -> tuple[bytes, str]:
    """One format continues as another."""
    (one, suffix), (other, _) = good(randomly, originals), good(randomly, originals)
    return one[: randomly.randrange(100, len(one))] + other[randomly.randrange(len(other)) :], suffix


def disguised(randomly: random.Random, originals: dict[str, bytes]) -> tuple[bytes, str]:
    data, _ = good(randomly, originals)
    return data, randomly.choice(list(originals))


# --- lies


def wav_header(randomly: random.Random, originals: dict[str, bytes]) -> tuple[bytes, str]:
    """Thousands of channels, absurd rates and widths, more bytes than there are."""
    channels = randomly.choice([0, 1, 65, 255, 5_000, 65_535])
    rate = randomly.choice([0, 1, 7, 48_000, 2**31 - 1, 2**31, 2**32 - 1])
    bits = randomly.choice([0, 1, 8, 16, 32, 255, 65_535])
    tag = randomly.choice([1, 1, 1, 3, 2, 17, 0xFFFE, 0x55, 0x2000])
    block = randomly.choice([0, 1, channels * bits // 8 & 0xFFFF, 65_535])
    form = struct.pack("<HHIIHH", tag, channels, rate, rate * block & 0xFFFFFFFF, block, bits)
    claimed = randomly.choice([0, 2**31, 2**32 - 2, 2**32 - 1, 96_000])
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", claimed)
    body = originals[".wav"][44:96_044]
    return b"RIFF" + struct.pack("<I", claimed) + b"WAVE" + chunks + body, ".wav"


def flac_header(randomly: random.Random, originals: dict[str, bytes]) -> tuple[bytes, str]:
    """STREAMINFO with other rates, channels and total samples (RFC 9639, 8.2): up to 36 bits of them, 16 days."""
    data = bytearray(originals[".flac"])
    rate, channels = randomly.choice([0, 1, 48_000, 655_350]), randomly.randrange(8)
    packed = rate << 44 | channels << 41 | 15 << 36 | randomly.choice([0, 1, 2**36 - 1])
    data[18:26] = packed.to_bytes(8, "big")
    return bytes(data), ".flac"


def mov_header(randomly: random.Random, originals: dict[str, bytes]) -> tuple[bytes, str]:
    """Time scales and durations of years, tables of billions of entries."""
    data = bytearray(originals[".m4a"])
    names = [b"mvhd", b"mdhd", b"tkhd", b"stts", b"stsz", b"stco", b"stsc", b"mp4a", b"elst"]
    for name in randomly.sample(names, randomly.randint(1, 3)):
        at = data.find(name)
        if at > 0:
            field = at + randomly.choice([-4, 8, 12, 16, 20, 24])
            data[field : field + 4] = randomly.choice(
                [b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\0", b"\0\0\0\1"]
            )
    return bytes(data), ".m4a"


def ogg_header(randomly: random.Random, originals: dict[str, bytes]) -> tuple[bytes, str]:
    """Opus with other channels, or pages whose positions jump and go backwards, with a right checksum."""
    pages = _ogg_pages(originals[".opus"])
    if randomly.random() < 0.5:
        pages[0] = pages[0].replace(b"OpusHead\x01\x02", b"OpusHead\x01" + bytes([randomly.choice([0, 3, 200, 255])]))
    else:
        for number in range(2, len(pages)):
            position = randomly.choice([0, 1, 2**40, 2**62, 2**63 - 1, -1, -(2**62)])
            pages[number] = pages[number][:6] + struct.pack("<q", position) + pages[number][14:]
    return b"".join(map(_ogg_checked, pages)), ".opus"


# --- no audio at all


def no_audio(randomly: random.Random, originals: dict[str, bytes]) -> tuple[bytes, str]:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr(zipfile.ZipInfo("music.wav"), originals[".wav"])
    contents = [
        b"",
        b"\0" * 100_000,
        b"\xff" * 100_000,
        randomly.randbytes(100_000),
        archive.getvalue(),
        _png(b"\0" * 4_000),
        b"<!DOCTYPE html><html><body>404 Not Found</body></html>",
        b"#EXTM3U\n#EXTINF:9,\nfile:///etc/passwd\nhttp://127.0.0.1:9/secret.mp3\n",
        b"ffconcat version 1.0\nfile '/etc/passwd'\n",
        b"[playlist]\nFile1=http://127.0.0.1:9/a.mp3\n",
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
        "Bring the scores.\n".encode("utf-16") * 500,
        b"MZ" + randomly.randbytes(5_000),
        b"\x1aE\xdf\xa3" + randomly.randbytes(5_000),
    ]
    return randomly.choice(contents), randomly.choice(list(originals))


# --- more than meets the eye


def bloated_tags(randomly: random.Random, originals: dict[str, bytes]) -> tuple[bytes, str]:
    """Vorbis comments: thousands, or one of megabytes, or in no encoding."""
    comments = randomly.choice(
        [
            [f"TAG{number}=value".encode() for number in range(8_000)],
            [b"TITLE=" + b"A" * 5_000_000],
            [b"TITLE=Dvo\xf8\xe1k \xff\xfe\0\0", b"ARTIST=\xed\xa0\x80", b"=", b"\xf0\x9f=x", b"no equals sign"],
            [b"TITLE=first", b"title=second"] * 2_000,
        ]
    )
    block = struct.pack("<I", 4) + b"evil" + struct.pack("<I", len(comments))
    block += b"".join(struct.pack("<I", len(comment)) + comment for comment in comments)
    return _flac_with(originals[".flac"], 4, block), ".flac"


def bloated_id3(randomly: random.Random, originals: dict[str, bytes]) -> tuple[bytes, str]:
    """ID3v2.4 frames that are too many, too large, nested, or longer than the file."""
    text = b"\x01" + randomly.choice([b"\xff", b"A", b"\xd8\0"]) * 100_000
    frames = b"".join(_id3_frame(b"T%03d" % (number % 1_000), text) for number in range(randomly.choice([1, 30])))
    size = randomly.choice([len(frames), 2**28 - 1, 1])
    header = b"ID3\x04\0\0" + _synchsafe(size)
    return header * randomly.choice([1, 1, 500]) + frames + originals[".mp3"], ".mp3"


def picture(randomly: random.Random, originals: dict[str, bytes]) -> tuple[bytes, str]:
    """A cover of 50,000 by 50,000 pixels, which would be 7 GB, or one whose length is a lie."""
    image = _png(b"\0" * 10_000, side=50_000)
    said = randomly.choice([len(image), 2**31, 2**32 - 1])
    body = struct.pack(">II", 3, 9) + b"image/png" + struct.pack(">IIIIII", 0, 50_000, 50_000, 24, 0, said) + image
    return _flac_with(originals[".flac"], 6, body), ".flac"


def endless_silence(randomly: random.Random, originals: dict[str, bytes]) -> tuple[bytes, str]:
    """Half an hour of nothing in a few kilobytes: the same packet over and over."""
    head, tags, *_ = _ogg_pages(originals[".opus"])
    made = [head, tags]
    for number in range(SILENT_MINUTES * 60):
        packets = b"\xf8\xff\xfe" * 50  # 50 × 20 ms of CELT silence
        position = struct.pack("<q", (number + 1) * 48_000)
        lead = b"OggS\0\0" + position + head[14:18] + struct.pack("<I", number + 2) + b"\0\0\0\0"
        made.append(lead + bytes([50]) + b"\3" * 50 + packets)
    return b"".join(map(_ogg_checked, made)), ".opus"


def bomb(randomly: random.Random, originals: dict[str, bytes]) -> tuple[bytes, str]:
    """A day of silence in less than a megabyte: packets of 120 ms and three bytes, 255 to a page."""
    head, tags, *_ = _ogg_pages(originals[".opus"])
    made = [head, tags]
    for number in range(86_400 * 1_000 // (120 * 255) + 1):
        # Code 3 of RFC 6716, 3.2.5: six frames of 20 ms with no byte each.
        position = struct.pack("<q", (number + 1) * 255 * 5_760)
        lead = b"OggS\0\0" + position + head[14:18] + struct.pack("<I", number + 2) + b"\0\0\0\0"
        made.append(lead + bytes([255]) + b"\2" * 255 + b"\xfb\x06" * 255)
    return b"".join(map(_ogg_checked, made)), ".opus"


def nested(randomly: random.Random, originals: dict[str, bytes]) -> tuple[bytes, str]:
    """Boxes in boxes, thousands deep, or a recording as the payload of another."""
    if randomly.random() < 0.5:
        inner, suffix = good(randomly, originals)
        size = struct.pack("<I", len(inner))
        return originals[".wav"][:36] + b"data" + size + inner, randomly.choice([".wav", suffix])
    boxes = b""
    for _ in range(3_000):
        boxes = struct.pack(">I", len(boxes) + 8) + randomly.choice([b"moov", b"trak", b"mdia", b"udta"]) + boxes
    return originals[".m4a"][:28] + boxes + originals[".m4a"][28:], ".m4a"


def many_streams(randomly: random.Random, originals: dict[str, bytes]) -> tuple[bytes, str]:
    """An Ogg file in which hundreds of streams begin, one after the other."""
    first = _ogg_pages(originals[".opus"])
    pages = []
    for serial in range(randomly.choice([2, 400, 1_500])):
        pages += [page[:14] + struct.pack("<I", serial) + page[18:] for page in first[:2]]
    return b"".join(map(_ogg_checked, pages)) + originals[".opus"], ".opus"


flipped_in_header, flipped_anywhere = flipped(600), flipped(2**31)

DAMAGES = (truncated, flipped_in_header, flipped_anywhere, overwritten, shuffled, spliced, wav_header, mov_header)
KINDS: dict[str, Maker] = {
    "good": good,
    "truncated": truncated,
    "header bits": flipped_in_header,
    "bits": flipped_anywhere,
    "header fields": overwritten,
    "shuffled": shuffled,
    "spliced": spliced,
    "disguised": disguised,
    "wav header": wav_header,
    "flac header": flac_header,
    "mov header": mov_header,
    "ogg header": ogg_header,
    "no audio": no_audio,
    "bloated tags": bloated_tags,
    "bloated id3": bloated_id3,
    "picture": picture,
    "silence": endless_silence,
    "bomb": bomb,
    "nested": nested,
    "streams": many_streams,
}


# --- how the formats are put together


def _ogg_pages(data: bytes) -> list[bytes]:
    """The pages of an Ogg file (RFC 3533, section 6)."""
    pages, at = [], 0
    while at < len(data):
        segments = data[at + 26]
        end = at + 27 + segments + sum(data[at + 27 : at + 27 + segments])
        pages.append(data[at:end])
        at = end
    return pages


_OGG_CRC = [0] * 256
for _byte in range(256):
    _remainder = _byte << 24
    for _ in range(8):
        _remainder = (_remainder << 1 ^ (0x04C11DB7 if _remainder & 0x80000000 else 0)) & 0xFFFFFFFF
    _OGG_CRC[_byte] = _remainder


def _ogg_checked(page: bytes) -> bytes:
    """A page with the checksum that belongs to it."""
    page = page[:22] + b"\0\0\0\0" + page[26:]
    crc = 0
    for byte in page:
        crc = (crc << 8 & 0xFFFFFFFF) ^ _OGG_CRC[crc >> 24 ^ byte]
    return page[:22] + struct.pack("<I", crc) + page[26:]


def _flac_with(data: bytes, kind: int, body: bytes) -> bytes:
    """A FLAC file with one more metadata block behind STREAMINFO (RFC 9639, 8.1)."""
    length = min(len(body), 2**24 - 1)
    return data[:42] + bytes([kind]) + length.to_bytes(3, "big") + body[:length] + data[42:]


def _synchsafe(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def _id3_frame(name: bytes, body: bytes) -> bytes:
    return name + _synchsafe(len(body)) + b"\0\0" + body


def _png(pixels: bytes, side: int = 64) -> bytes:
    """A picture that claims to be `side` by `side` pixels."""
    made = b"\x89PNG\r\n\x1a\n"
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    for name, body in ((b"IHDR", header), (b"IDAT", zlib.compress(pixels)), (b"IEND", b"")):
        made += struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    return made
