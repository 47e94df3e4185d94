"""What the verdict says of each thing, from the figures alone."""
