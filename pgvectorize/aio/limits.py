"""The limits, and the known embedding models."""

from __future__ import annotations

from pgvectorize.aio.running import AsyncRunner
from pgvectorize.models import LimitInfo, Preset
from pgvectorize.operations import limits


class ClientMethods(AsyncRunner):
    async def limits(self) -> list[LimitInfo]:
        """Return every limit, here and in strict mode, with its source."""
        return await self._run(limits.limits())

    async def presets(self) -> list[Preset]:
        """Return the known embedding models with their dimensions and metric."""
        return await self._run(limits.presets())
