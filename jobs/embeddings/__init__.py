"""Embeddings that were computed elsewhere, brought in as a space of their own."""
