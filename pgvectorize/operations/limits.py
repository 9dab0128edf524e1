"""The limits of an index, and the known embedding models."""

from functools import partial

from pgvectorize.models import LimitInfo, Preset
from pgvectorize.operations.calls import many

limits = partial(many, LimitInfo, "limits")
presets = partial(many, Preset, "presets")
