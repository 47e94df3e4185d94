"""Jobs, their items, the workers and their lanes: the truth behind the broker's messages."""
