"""Synthetic listeners: who they are, what they like, and what they did, exactly as a seed says."""
