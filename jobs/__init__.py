"""Everything slow: the broker, its actors, import, storage, and the `segue` command line."""
