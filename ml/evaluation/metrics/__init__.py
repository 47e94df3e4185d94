"""One metric per file, over many cases at once.

Metrics of ranks read `ranks.Ranks`, those of lists an array of lists (cases, k) as `lists.top` makes it. All rank every
candidate, never a sample of them (Krichene & Rendle, "On sampled metrics for item recommendation", KDD 2020).
"""
