"""Reading checkpoints: the real ones, one made by hand, and damage."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from domain.errors.machine import WeightsDamaged
from ml.backends.checkpoint import MAGIC, read_checkpoint


def varint(number: int) -> bytes:
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)


def entry(shape: tuple[int, ...], offset: int, size: int, dtype: int = 1) -> bytes:
    """A BundleEntryProto; tag numbers are written out as (field << 3 | wire type)."""
    dimensions = b"".join(b"\x12" + varint(len(d)) + d for d in (b"\x08" + varint(n) for n in shape))
    message = b"\x08" + varint(dtype) + b"\x12" + varint(len(dimensions)) + dimensions
    return message + b"\x20" + varint(offset) + b"\x28" + varint(size) + b"\x35\0\0\0\0"


def block(entries: list[tuple[int, bytes, bytes]]) -> bytes:
    """Entries as (length of the shared prefix, rest of the key, value), one restart point, no compression."""
    body = b"".join(varint(s) + varint(len(k)) + varint(len(v)) + k + v for s, k, v in entries)
    return body + b"\0\0\0\0" + b"\1\0\0\0" + b"\0" + b"crc!"


def table(entries: list[tuple[int, bytes, bytes]]) -> bytes:
    data = block(entries)
    index = block([(0, b"zzz", varint(0) + varint(len(data) - 5))])
    footer = varint(0) + varint(0) + varint(len(data)) + varint(len(index) - 5)
    return data + index + footer.ljust(40, b"\0") + MAGIC


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    index, data = tmp_path / ".index", tmp_path / ".data"
    index.write_bytes(
        table(
            [
                (0, b"", b"\x08\x01"),
                (0, b"dense/bias", entry((3,), 0, 12)),
                (6, b"kernel", entry((2, 2), 12, 16)),
                (0, b"step", entry((), 28, 8, dtype=9)),
                (1, b"um", entry((), 36, 4)),
            ]
        )
    )
    data.write_bytes(np.arange(10, dtype="<f4").tobytes())
    return index, data


def test_tensors_have_their_names_shapes_and_values(files: tuple[Path, Path]) -> None:
    tensors = read_checkpoint(*files)
    assert set(tensors) == {"dense/bias", "dense/kernel", "sum"}  # the step counter is no float
    np.testing.assert_array_equal(tensors["dense/bias"], np.float32([0, 1, 2]))
    np.testing.assert_array_equal(tensors["dense/kernel"], np.float32([[3, 4], [5, 6]]))
    assert (tensors["sum"].shape, float(tensors["sum"])) == ((), 9.0)


def test_the_published_weights() -> None:
    spec = importlib.util.find_spec("musicnn")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    folder = Path(spec.submodule_search_locations[0]) / "MTT_musicnn"
    tensors = read_checkpoint(folder / ".index", folder / ".data-00000-of-00001")
    assert tensors["conv2d/kernel"].shape == (7, 38, 1, 204)
    assert tensors["conv2d_1/kernel"].shape == (7, 67, 1, 204)
    assert tensors["dense/kernel"].shape == (1506, 200)
    # Together the tensors fill the data file.
    size = (folder / ".data-00000-of-00001").stat().st_size
    assert sum(4 * tensor.size for tensor in tensors.values()) == size


@pytest.mark.parametrize("kept", [0, 20, 47, -1, -9])
def test_an_index_cut_short_is_damaged(files: tuple[Path, Path], kept: int) -> None:
    index, data = files
    index.write_bytes(index.read_bytes()[:kept])
    with pytest.raises(WeightsDamaged, match=r"\.index' are damaged"):
        read_checkpoint(index, data)


def test_data_cut_short_names_the_tensor(files: tuple[Path, Path]) -> None:
    index, data = files
    data.write_bytes(data.read_bytes()[:20])
    with pytest.raises(WeightsDamaged, match="tensor 'dense/kernel' does not fit"):
        read_checkpoint(index, data)


def test_a_shape_that_contradicts_the_size_names_the_tensor(files: tuple[Path, Path]) -> None:
    index, data = files
    index.write_bytes(table([(0, b"bias", entry((4,), 0, 12))]))
    with pytest.raises(WeightsDamaged, match="tensor 'bias' does not fit"):
        read_checkpoint(index, data)


def test_no_flipped_bit_does_worse_than_say_so(files: tuple[Path, Path]) -> None:
    """Whatever a flipped bit of the index does, it ends in tensors within the file or in the named error."""
    index, data = files
    whole = index.read_bytes()
    for bit in range(8 * len(whole)):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        index.write_bytes(flipped)
        try:
            tensors = read_checkpoint(index, data)
        except WeightsDamaged:
            continue
        assert sum(tensor.size for tensor in tensors.values()) <= 8 + 10
