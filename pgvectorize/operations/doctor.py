"""What is wrong with an index or the server, and how to fix it."""

from functools import partial

from pgvectorize.models import Finding
from pgvectorize.operations.calls import many

doctor = partial(many, Finding, "doctor")
