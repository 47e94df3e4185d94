"""The audio backends: one file each, behind one protocol, found by name through one table."""
