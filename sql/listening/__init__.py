"""Who listens and what they did: users, sessions, the log of interactions, and what was shown."""
