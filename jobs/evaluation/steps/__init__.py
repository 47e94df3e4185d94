"""The steps of an evaluation, each of which finds one part."""
