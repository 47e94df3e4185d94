"""Training of recommender models: the log, its splits, the metrics, and the loop with its checkpoints."""
