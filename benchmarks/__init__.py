"""How fast pgvectorize is, against SQL written by hand and against others; see `cli.py`."""
