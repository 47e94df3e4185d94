"""Albums, tracks, files and people: what imports write and what the API reads."""
