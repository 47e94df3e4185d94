"""The log of interactions as files: taken over from elsewhere, and written for others."""
