"""Every error that may be shown to someone, grouped by whose trouble it is."""
