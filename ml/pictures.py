"""Covers: the picture in a recording's tags or in a file, checked by what it is and not by what it is called."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

from av.stream import Disposition
from PIL import Image, ImageOps, UnidentifiedImageError

# Nothing else is ever tried on a picture.
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from domain.errors.recordings import UnusablePicture
from ml.container import open_audio

# What browsers show and archives hold. SVG is a program, and not among them.
READERS: dict[str, type[ImageFile]] = {
    "image/jpeg": JpegImageFile,
    "image/png": PngImageFile,
    "image/webp": WebPImageFile,
}
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")

MAX_BYTES = 10_000_000
MAX_SIDE = 12_000
MAX_PIXELS = 50_000_000

# An album grid shows them at half of that, on a screen with two pixels for each.
THUMBNAIL_SIDE = 512
THUMBNAIL_QUALITY = 85

# EXIF's number for how a camera was held, and its values for a picture that lies on its side.
ORIENTATION = 0x0112
TURNED = (5, 6, 7, 8)


# Loads what saving needs, before a process is confined.
Image.preinit()


@dataclass(frozen=True)
class Picture:
    """A picture as it is: `width` and `height` in pixels as it is shown.

    `thumbnail` is a smaller copy as a JPEG, its longer side THUMBNAIL_SIDE pixels; None where the picture is no larger.
    """

    data: bytes
    content_type: str
    width: int
    height: int
    thumbnail: bytes | None


def content_type(data: bytes) -> str | None:
    """What the first bytes of a picture say it is; None for what is not shown."""
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return None


def find_picture(path: Path) -> bytes | None:
    """The picture that `path` is, by its suffix, or else the one in the tags of the recording there: the front cover
    where one is called so, else the first. None where there is none.

    Raises UnusablePicture when it is too large, OSError, and what `ml.container.open_audio` raises.
    """
    if path.suffix.lower() in SUFFIXES:
        _require_size(path, path.stat().st_size)
        return path.read_bytes()
    with open_audio(path) as (container, _):
        attached = [stream for stream in container.streams.video if stream.disposition & Disposition.attached_pic]
        attached.sort(key=lambda stream: stream.metadata.get("comment") != "Cover (front)")
        for stream in attached[:1]:
            for packet in container.demux(stream):
                _require_size(path, packet.size)
                return bytes(packet)
    return None


def examine(path: Path, data: bytes) -> Picture:
    """Check a picture, and make its thumbnail. It is decoded only for that.

    Raises UnusablePicture when it is none that is shown, is too large, or cannot be decoded.
    """
    kind = content_type(data)
    if kind is None:
        raise UnusablePicture(path=path, reason="it is neither JPEG nor PNG nor WebP")
    try:
        with READERS[kind](io.BytesIO(data)) as image:
            width, height = image.size
            if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
                raise UnusablePicture(path=path, reason=f"it has {width} × {height} pixels")
            thumbnail = _thumbnail(image) if max(width, height) > THUMBNAIL_SIDE else None
            if image.getexif().get(ORIENTATION, 1) in TURNED:
                width, height = height, width
    except (UnidentifiedImageError, SyntaxError, OSError, ValueError, EOFError) as error:
        # Pillow's readers raise these for damage.
        raise UnusablePicture(path=path, reason=f"it is damaged ({error})") from error
    return Picture(data, kind, width, height, thumbnail)


def _thumbnail(image: Image.Image) -> bytes:
    if isinstance(image, JpegImageFile):
        image.draft("RGB", (THUMBNAIL_SIDE, THUMBNAIL_SIDE))  # decodes no more of it than is needed
    small = ImageOps.exif_transpose(image)
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    if small.mode in ("RGBA", "LA", "PA") or "transparency" in small.info:
        small = small.convert("RGBA")
        paper = Image.new("RGB", small.size, "white")
        paper.paste(small, mask=small.getchannel("A"))
        small = paper
    file = io.BytesIO()
    small.convert("RGB").save(file, "JPEG", quality=THUMBNAIL_QUALITY, optimize=True, progressive=True)
    return file.getvalue()


def _require_size(path: Path, size: int) -> None:
    if size > MAX_BYTES:
        raise UnusablePicture(path=path, reason=f"it has {size / 1e6:.1f} MB, over {MAX_BYTES // 1_000_000}")
