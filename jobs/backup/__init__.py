"""Backups: a whole archive in a file or folder, and back into a database."""
