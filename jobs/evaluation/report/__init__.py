"""The report: a page of its own, made from an evaluation's figures and nothing else."""
