# Made from aio/limits.py by `make sync`; edit that one.
"""The limits, and the known embedding models."""

from __future__ import annotations

from pgvectorize.blocking.running import Runner
from pgvectorize.models import LimitInfo, Preset
from pgvectorize.operations import limits


class ClientMethods(Runner):
    def limits(self) -> list[LimitInfo]:
        """Return every limit, here and in strict mode, with its source."""
        return self._run(limits.limits())

    def presets(self) -> list[Preset]:
        """Return the known embedding models with their dimensions and metric."""
        return self._run(limits.presets())
