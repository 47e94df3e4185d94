"""What was published about the archive that this was made for: 203 tracks of live classical music, of which nobody
outside has the recordings. The task is leave-one-out retrieval of the same composer, measured by NDCG@5."""

from __future__ import annotations

TRACKS = 203
TASK, METRIC, K = "composer", "ndcg", 5
NDCG = {
    "PANNs Cnn6": 0.548,
    "PANNs Cnn10": 0.545,
    "PANNs Cnn14": 0.585,
    "MERT-95M": 0.642,
    "MERT-330M": 0.588,
}
NOT_THE_SAME = (
    "These are not the same recordings, and composers are not spread in the same way: the figures stand side by side,"
    " and cannot be compared."
)
