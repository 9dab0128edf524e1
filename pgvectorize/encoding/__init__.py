"""Python values to Postgres' formats and back; nothing here knows of a connection."""
