"""Looking at the covers of real recordings, and at pictures that are none."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import mutagen
import numpy as np
import pytest
from mutagen.flac import FLAC
from mutagen.flac import Picture as FlacPicture
from mutagen.id3 import APIC, ID3
from mutagen.mp4 import MP4, MP4Cover
from PIL import Image

from domain.errors.recordings import NotAudio, UnusablePicture
from jobs.hearing.limits import Limits
from jobs.hearing.viewer import Viewer
from jobs.hearing.viewing import view
from ml.container import unwatched
from tests.jobs.hearing import misbehaving
from tests.ml.recordings import sine, write


@pytest.fixture(scope="module")
def viewer() -> Iterator[Viewer]:
    with Viewer(Limits()) as viewer:
        yield viewer


def encoded(kind: str, width: int, height: int, colour: tuple[int, ...] = (200, 30, 30), **options: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGBA" if len(colour) == 4 else "RGB", (width, height), colour).save(file, kind, **options)
    return file.getvalue()


FRONT, BACK = encoded("JPEG", 300, 200), encoded("PNG", 64, 64)


def flac_picture(data: bytes, kind: int) -> FlacPicture:
    picture = FlacPicture()
    picture.data, picture.type, picture.mime, picture.width, picture.height = data, kind, "image/jpeg", 64, 64
    return picture


def tag(path: Path) -> None:
    """The back cover first, then the front, where the format tells them apart."""
    if path.suffix == ".flac":
        flac = FLAC(path)
        flac.add_picture(flac_picture(BACK, 4))
        flac.add_picture(flac_picture(FRONT, 3))
        flac.save()
    elif path.suffix == ".mp3":
        tags = ID3()
        tags.add(APIC(mime="image/png", type=4, desc="back", data=BACK))
        tags.add(APIC(mime="image/jpeg", type=3, desc="front", data=FRONT))
        tags.save(path)
    elif path.suffix == ".m4a":
        mp4 = MP4(path)
        mp4["covr"] = [MP4Cover(FRONT, MP4Cover.FORMAT_JPEG), MP4Cover(BACK, MP4Cover.FORMAT_PNG)]
        mp4.save()
    else:
        ogg = mutagen.File(path)
        ogg["metadata_block_picture"] = [base64.b64encode(flac_picture(FRONT, 3).write()).decode()]
        ogg.save()


@pytest.mark.parametrize("suffix", [".flac", ".mp3", ".m4a", ".opus", ".ogg"])
def test_the_front_cover_of_a_recording(viewer: Viewer, tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"a{suffix}", np.stack([sine(1, 48_000)] * 2))
    assert viewer.look(path) is None
    tag(path)
    found = viewer.look(path)
    assert found is not None
    assert (found.data, found.content_type, found.width, found.height) == (FRONT, "image/jpeg", 300, 200)
    assert found.thumbnail is None


@pytest.mark.parametrize(
    ("kind", "content_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")]
)
def test_a_large_picture_gets_a_small_copy(viewer: Viewer, tmp_path: Path, kind: str, content_type: str) -> None:
    # What it is called does not matter.
    path = tmp_path / "cover.png"
    path.write_bytes(encoded(kind, 2_000, 1_000))
    found = viewer.look(path)
    assert found is not None
    assert found.thumbnail is not None
    assert (found.content_type, found.width, found.height) == (content_type, 2_000, 1_000)
    with Image.open(io.BytesIO(found.thumbnail)) as small:
        assert (small.format, small.size) == ("JPEG", (512, 256))
        np.testing.assert_allclose(np.asarray(small)[100, 100], (200, 30, 30), atol=4)


def test_what_is_transparent_is_white_in_the_small_copy(viewer: Viewer, tmp_path: Path) -> None:
    path = tmp_path / "cover.png"
    path.write_bytes(encoded("PNG", 600, 600, (0, 0, 0, 0)))
    found = viewer.look(path)
    assert found is not None
    assert found.thumbnail is not None
    with Image.open(io.BytesIO(found.thumbnail)) as small:
        assert small.getpixel((5, 5)) == (255, 255, 255)


def test_a_picture_that_lies_on_its_side_is_turned(viewer: Viewer, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn it by 90° clockwise
    path = tmp_path / "cover.jpg"
    path.write_bytes(encoded("JPEG", 1_000, 500, exif=exif))
    found = viewer.look(path)
    assert found is not None
    assert found.thumbnail is not None
    assert (found.width, found.height) == (500, 1_000)
    with Image.open(io.BytesIO(found.thumbnail)) as small:
        assert small.size == (256, 512)


def huge_png(width: int, height: int) -> bytes:
    """A file of a hundred bytes that claims so many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "neither JPEG nor PNG nor WebP"),
        (b"GIF89a" + bytes(100), "neither JPEG nor PNG nor WebP"),
        (b"", "neither JPEG nor PNG nor WebP"),
        (FRONT[:12], "it is damaged"),
        (encoded("PNG", 1_000, 1_000)[:-500], "it is damaged"),
        (b"\x89PNG\r\n\x1a\n" + bytes(64), "it is damaged"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 " + bytes(16), "it is damaged"),
        (huge_png(60_000, 60_000), "it has 60000 × 60000 pixels"),
        (huge_png(9_000, 9_000), "it has 9000 × 9000 pixels"),
        (FRONT + bytes(10_000_000), "it has 10.0 MB, over 10"),
    ],
    ids=[
        "SVG",
        "GIF",
        "nothing",
        "JPEG cut short",
        "PNG cut short",
        "PNG of zeros",
        "WebP of zeros",
        "wide",
        "many",
        "big",
    ],
)
def test_what_is_no_picture_is_refused_by_what_it_is(viewer: Viewer, tmp_path: Path, data: bytes, reason: str) -> None:
    path = tmp_path / "cover.jpg"
    path.write_bytes(data)
    with pytest.raises(UnusablePicture, match=reason):
        viewer.look(path)


def test_a_recording_that_is_none_brings_no_picture(viewer: Viewer, tmp_path: Path) -> None:
    (tmp_path / "list.mp3").write_text("a shopping list")
    with pytest.raises(NotAudio):
        viewer.look(tmp_path / "list.mp3")


@pytest.mark.parametrize("work", ["claim_to_be_a_picture", "claim_a_program_for_a_thumbnail", "mumble"])
def test_lies_are_not_believed(work: str) -> None:
    with (
        Viewer(Limits(), work=f"{misbehaving.__name__}:{work}") as lying,
        pytest.raises(UnusablePicture, match="the decoder answered nonsense"),
    ):
        lying.look(Path("/music/a.flac"))


def test_the_work_itself_says_that_there_is_none(tmp_path: Path) -> None:
    path = write(tmp_path / "a.flac", np.stack([sine(1, 48_000)] * 2))
    header, payload = view(path, unwatched)
    assert (header["content_type"], payload) == (None, b"")
