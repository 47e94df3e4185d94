"""Importing segments that another program or person made."""
