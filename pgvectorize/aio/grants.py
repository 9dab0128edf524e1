"""Owner, writer, reader: who may do what."""

from __future__ import annotations

from pgvectorize.aio.running import AsyncRunner
from pgvectorize.models import Access, Grant
from pgvectorize.operations import grants


class ClientMethods(AsyncRunner):
    async def grant(self, role: str, access: Access) -> None:
        """Give a role access to every index, those of today and those to come.

        A "reader" may search and read. A "writer" may also insert, change and delete
        vectors. The "owner" may do everything, as create, build and delete indexes,
        migrate and grant. A role has one of the three: a new grant replaces the old one.

        There is one owner, and everything belongs to it. To have several, make a role
        for them, grant it "owner", and make them its members. Only the owner, a member of
        the owner or a superuser may grant. Raises `PermissionDenied` and `InvalidRequest`.
        """
        await self._run(grants.grant(role=role, access=access))

    async def revoke(self, role: str) -> None:
        """Take from a role all that `grant` gives; nothing happens if it has nothing.

        What the owner had belongs to the connected role from then on. Raises
        `PermissionDenied` and `InvalidRequest`.
        """
        await self._run(grants.revoke(role=role))

    async def list_grants(self) -> list[Grant]:
        """Return the owner, then the writers, then the readers, each group by name."""
        return await self._run(grants.list_grants())
