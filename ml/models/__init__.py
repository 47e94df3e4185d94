"""Recommender models: one file for each strategy that is trained."""
