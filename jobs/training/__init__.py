"""Training: from the log to a model that answers, measured against what needs no training."""
