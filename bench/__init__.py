"""Commands that measure, and print the figures that are published."""
