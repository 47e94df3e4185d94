"""Hearing recordings, which are untrusted, in processes of their own: confined, watched, replaced when they fail."""
