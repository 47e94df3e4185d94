"""Reads a TensorFlow V2 checkpoint without TensorFlow.

`.index` is a LevelDB table (https://github.com/google/leveldb/blob/main/doc/table_format.md) from tensor names to
`BundleEntryProto` messages (tensorflow/core/protobuf/tensor_bundle.proto), which say where in `.data` a tensor lies.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from domain.errors.machine import WeightsDamaged

FOOTER_BYTES = 48
MAGIC = bytes.fromhex("57fb808b247547db")
UNCOMPRESSED = 0

# `DataType` of tensorflow/core/framework/types.proto; others (step counters) are left out.
FLOAT = 1


def read_checkpoint(index: Path, data: Path) -> dict[str, NDArray[np.float32]]:
    """All float32 tensors of a checkpoint with one shard, by name.

    Raises WeightsDamaged when the two files don't make sense, alone or together.
    """
    values = data.read_bytes()
    tensors: dict[str, NDArray[np.float32]] = {}
    try:
        for key, entry in _table(index.read_bytes()):
            numbers, messages = _fields(entry)
            if not key or numbers.get(1) != FLOAT:  # the entry without a name is the table's own header
                continue
            _, dimensions = _fields(messages.get(2, [b""])[0])
            shape = tuple(_fields(dimension)[0].get(1, 0) for dimension in dimensions.get(2, []))
            shard, offset, size = (numbers.get(tag, 0) for tag in (3, 4, 5))
            if shard != 0 or size != 4 * math.prod(shape) or offset + size > len(values):
                raise ValueError(f"tensor '{key.decode()}' does not fit its place")
            tensors[key.decode()] = np.frombuffer(values, "<f4", math.prod(shape), offset).reshape(shape)
    except (ValueError, IndexError) as error:
        raise WeightsDamaged(path=index, reason=str(error)) from error
    return tensors


def _table(table: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of a LevelDB table: the footer leads to the index block, that to the blocks of entries."""
    if table[-8:] != MAGIC or len(table) < FOOTER_BYTES:
        raise ValueError("its end is missing")
    at = len(table) - FOOTER_BYTES
    handle = []
    for _ in range(4):  # offset and size of the index of meta blocks, then of the index of data blocks
        number, at = _varint(table, at)
        handle.append(number)
    for _last_key, position in _block(table, handle[2], handle[3]):
        offset, at = _varint(position, 0)
        size, _ = _varint(position, at)
        yield from _block(table, offset, size)


def _block(table: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Entries of one block: a key shares a prefix with the one before; at the end stand restart points."""
    block = table[offset : offset + size]
    if len(block) != size or table[offset + size] != UNCOMPRESSED:
        raise ValueError("a block is missing or compressed")
    end = size - 4 * (1 + int.from_bytes(block[-4:], "little"))
    at, key = 0, b""
    while at < end:
        shared, at = _varint(block, at)
        unshared, at = _varint(block, at)
        length, at = _varint(block, at)
        key = key[:shared] + block[at : at + unshared]
        yield key, block[at + unshared : at + unshared + length]
        at += unshared + length


def _fields(message: bytes) -> tuple[dict[int, int], dict[int, list[bytes]]]:
    """A protobuf message as its numbers by tag, and its strings and messages by tag; checksums are left out."""
    numbers: dict[int, int] = {}
    messages: dict[int, list[bytes]] = {}
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        match tag & 7:
            case 0:
                numbers[tag >> 3], at = _varint(message, at)
            case 2:
                length, at = _varint(message, at)
                messages.setdefault(tag >> 3, []).append(message[at : at + length])
                at += length
            case 5:
                at += 4
            case kind:
                raise ValueError(f"a field of unexpected type {kind}")
    return numbers, messages


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A little-endian number of 7 bits a byte, and the place after it."""
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
        shift += 7
