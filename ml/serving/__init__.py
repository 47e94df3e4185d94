"""Trained models at request time: ONNX Runtime on one core, and never torch."""
