"""`python -m pgvectorize`: the command line."""

from pgvectorize.cli import main

main(prog_name="python -m pgvectorize")
