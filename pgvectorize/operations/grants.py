"""Who may do what."""

from functools import partial

from pgvectorize.models import Grant
from pgvectorize.operations.calls import many, nothing

grant = partial(nothing, "grant")
revoke = partial(nothing, "revoke")
list_grants = partial(many, Grant, "list_grants")
