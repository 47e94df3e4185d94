"""Spaces, their revisions and partitions, and the vectors in them."""
