"""What Segue knows, in plain Python: value types, spaces, strategies, the recommendation service and its ports."""
