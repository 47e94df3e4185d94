"""Which tracks are nearest, under filters and caps."""
