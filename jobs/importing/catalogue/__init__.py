"""Catalogue files: what an archive's own list says of its recordings, read with all its dirt."""
