"""Logs in the form in which public benchmarks come: a line for each user, `user item item …`, oldest first."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ml.training.data import Catalogue, Log


def read_log(path: Path) -> tuple[Catalogue, Log]:
    """The log in the file, with its items as rows of the catalogue. It knows no times: an interaction's is its place in
    the file. Raises ValueError for a file of another form."""
    users, items = [], []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        try:
            user, *heard = map(int, line.split())
        except ValueError:
            raise ValueError(f"{path}, line {number}: expected `user item item …`, whole numbers") from None
        users.extend([user] * len(heard))
        items.extend(heard)
    ids, rows = np.unique(np.array(items, dtype=np.int64), return_inverse=True)
    times = np.arange(len(items), dtype=np.float64)
    return Catalogue(ids), Log.of(np.array(users, dtype=np.int64), rows.astype(np.int64), times)
