"""Which index serves vectors of which length."""

from __future__ import annotations

# pgvector's HNSW takes `vector` columns of at most so many dimensions. Longer ones are indexed by the signs of their
# numbers, a bit each, and what these find is compared exactly.
MAX_COSINE_DIMENSION = 2_000

# Found by signs for a list of at most LONGEST_BY_SIGNS. With fewer, the nearest of 20,000 vectors were missed too
# often; longer lists are compared with all vectors.
BY_SIGNS = 1_000
LONGEST_BY_SIGNS = 100


def by_signs(dimension: int) -> bool:
    """Whether vectors of this length are indexed by the signs of their numbers."""
    return dimension > MAX_COSINE_DIMENSION


def indexed_expression(dimension: int) -> str:
    """What is indexed of a column `embedding`, with its operator class; queries must hold the same expression."""
    length = int(dimension)
    if by_signs(length):
        return f"(binary_quantize(embedding::vector({length}))::bit({length})) bit_hamming_ops"
    return f"(embedding::vector({length})) vector_cosine_ops"
