"""`python -m jobs.cli` is `segue`."""

from jobs.cli import main

main()
