"""Synthetic listeners for an archive that has none yet: measured, made up, written, and removed again."""
