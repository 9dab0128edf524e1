"""What is wrong, and how to fix it."""

from __future__ import annotations

from pgvectorize.aio.running import AsyncRunner
from pgvectorize.models import Finding
from pgvectorize.operations import doctor


class ClientMethods(AsyncRunner):
    async def doctor(self, index: str | None = None) -> list[Finding]:
        """Return what is wrong with the server and with one index or all, the worst first.

        Each finding says how to fix it. This changes nothing and needs only the right to
        read; what the role may not see is a finding, too. If something keeps the library
        from working with the database at all, no client can connect, but
        `pgvectorize.schema.diagnose(dsn)` finds it. The command `pgvectorize doctor` does
        both.
        """
        return await self._run(doctor.doctor(index=index))
