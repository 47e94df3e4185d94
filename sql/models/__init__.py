"""Trained models: their rows, and what they are trained on."""
