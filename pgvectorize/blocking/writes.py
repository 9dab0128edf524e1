# Made from aio/writes.py by `make sync`; edit that one.
"""Insert, upsert, change and delete vectors; load many."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from uuid import UUID

import numpy.typing as npt

from pgvectorize.blocking.running import Handle
from pgvectorize.encoding.batches import Batch
from pgvectorize.errors import InvalidRequest, InvalidVector, PgVectorizeError
from pgvectorize.models import (
    BulkLoad,
    Deletion,
    Filter,
    Metadata,
    Mutation,
    PatchMode,
    VectorInput,
)
from pgvectorize.operations import writes


class IndexMethods(Handle):
    def insert(
        self,
        vectors: Iterable[VectorInput] | None = None,
        *,
        ids: Sequence[str] | None = None,
        values: npt.ArrayLike | None = None,
        namespaces: str | Sequence[str | None] | None = None,
        metadata: Sequence[Metadata | None] | None = None,
        content: Sequence[str | None] | None = None,
        batch_size: int = writes.BATCH_SIZE,
        atomic: bool = True,
    ) -> Mutation:
        """Insert vectors, keeping those whose id is already there; the first of equal ids wins.

        The answer's `ids` are the vectors that were new. Otherwise as `upsert`.
        """
        given = writes.given_batches(
            vectors,
            ids=ids,
            values=values,
            namespaces=namespaces,
            metadata=metadata,
            content=content,
            batch_size=batch_size,
            atomic=atomic,
        )
        return self._write("insert", given, atomic)

    def upsert(
        self,
        vectors: Iterable[VectorInput] | None = None,
        *,
        ids: Sequence[str] | None = None,
        values: npt.ArrayLike | None = None,
        namespaces: str | Sequence[str | None] | None = None,
        metadata: Sequence[Metadata | None] | None = None,
        content: Sequence[str | None] | None = None,
        batch_size: int = writes.BATCH_SIZE,
        atomic: bool = True,
    ) -> Mutation:
        """Insert vectors, replacing those whose id is already there; the last of equal ids wins.

        Give `vectors`: any iterable of `Vector`, of tuples `(id, values, namespace,
        metadata, content)` whose last three may be left out, or of dicts with these keys. Or
        give columns: `ids`, `values` as `(n, dimensions)`, and if you want `namespaces` (one
        for all, or one each), `metadata` and `content`.

        The first load of an index is done as by `bulk_load`, in a sixth of the time: the HNSW
        index is dropped and built again in the end, and whoever comes to query this index
        meanwhile waits. That is so if the index is empty, was never searched and is not in
        use, if there is more than one batch of at least 1,000 vectors, and if the client has
        connections of its own and owns the index. Later, for many vectors at once, use
        `bulk_load`.

        Values may be numbers of any kind, and become float32. An id or a namespace that is an
        integer or a UUID becomes its text, in every call and in strict mode too. In metadata,
        filters and patches numpy's values become Python's, a date or a time its text in ISO
        8601, a UUID its text, a Decimal the nearest number, an enum its value and a mapping a
        dict. They may be nested 100 levels deep.

        Values, metadata, namespace and content are replaced whole, not merged. A vector that
        is already there unchanged is not written again.

        A vector may have content without values. If the stored vector has the same content,
        its values stay. Otherwise it has none and is pending until its values are upserted:
        it is stored, listed and counted, but no query finds it.

        The iterable may be of any length, and is read in batches of `batch_size`, or of about
        128 MB if that is less. All of it is one change, all or nothing, visible at once. With
        `atomic=False` each batch is a change of its own: if one fails, those before it stay.
        The answer sums them up.

        Raises `InvalidVector`, which names the row, counted from 1.
        """
        given = writes.given_batches(
            vectors,
            ids=ids,
            values=values,
            namespaces=namespaces,
            metadata=metadata,
            content=content,
            batch_size=batch_size,
            atomic=atomic,
        )
        return self._write("upsert", given, atomic)

    def bulk_load(
        self,
        vectors: Iterable[VectorInput] | None = None,
        *,
        ids: Sequence[str] | None = None,
        values: npt.ArrayLike | None = None,
        namespaces: str | Sequence[str | None] | None = None,
        metadata: Sequence[Metadata | None] | None = None,
        content: Sequence[str | None] | None = None,
        mode: writes.Operation = "upsert",
        rebuild: bool | None = None,
        memory: str | int | None = None,
        workers: int | None = None,
    ) -> BulkLoad:
        """Write many vectors and leave the HNSW index ready, in the least time.

        To insert a vector into an HNSW index takes about four times as long as its share
        of a build. So if the index is empty, or gets at least a third of what it holds,
        its HNSW index is dropped first and built again in the end, as `build` does it with
        `memory` and `workers`. All is one transaction: after a crash everything is as
        before. But from the drop to the end, queries of this index wait. `rebuild=False`
        forbids that; True asks for it, however few vectors are written.

        Vectors are given as for `upsert` and `insert`; `mode` names the one whose rule for
        ids that are already there holds. Raises as they do, and `IndexBusy` with
        `rebuild=True`.
        """
        if mode not in ("upsert", "insert"):
            raise InvalidRequest(f'mode "{mode}" is not known', hint="It is upsert or insert.")
        given = writes.given_batches(
            vectors,
            ids=ids,
            values=values,
            namespaces=namespaces,
            metadata=metadata,
            content=content,
            batch_size=writes.BATCH_SIZE,
            atomic=True,
        )
        plan = writes.bulk_load(
            mode,
            index=self.name,
            batches=given,
            handshake=self._client._shake_hands(),
            rebuild=rebuild,
            memory=memory,
            workers=workers,
        )
        return self._run(plan, atomic=True)

    def delete_by_ids(self, ids: Iterable[str]) -> Mutation:
        """Delete vectors by id; the answer's `ids` are those that were there."""
        return self._run(writes.delete_by_ids(index=self.name, ids=ids))

    def delete(
        self,
        *,
        filter: Filter | None = None,
        namespace: str | None = None,
        dry_run: bool = False,
        exclude_ids: Sequence[str] | None = None,
    ) -> Deletion:
        """Delete the vectors that match a filter, those of a namespace, or those in both.

        `exclude_ids` stay. `dry_run` only counts the vectors. A filter is refused if it
        would delete every vector only because no vector has one of its properties.

        Raises `InvalidFilter`, and `InvalidRequest` if neither
        is given: to delete all vectors, use `truncate`.
        """
        return self._run(
            writes.delete(
                index=self.name,
                filter=filter,
                namespace=namespace,
                dry_run=dry_run,
                exclude_ids=exclude_ids,
            )
        )

    def delete_namespace(self, namespace: str) -> Deletion:
        """Delete all vectors of a namespace; it is no error if there are none."""
        return self._run(writes.delete_namespace(index=self.name, namespace=namespace))

    def truncate(self) -> UUID:
        """Delete all vectors at once, however many there are; return a mutation id.

        It waits until running queries and writes of the index have ended, and new ones
        wait until the transaction ends. Metadata and namespace indexes stay.
        """
        return self._run(writes.truncate(index=self.name))

    def update_metadata(
        self,
        patch: Metadata,
        *,
        ids: Iterable[str] | None = None,
        filter: Filter | None = None,
        namespace: str | None = None,
        mode: PatchMode = "merge",
        exclude_ids: Sequence[str] | None = None,
    ) -> Mutation:
        """Change only the metadata of vectors, chosen by id or by filter and namespace.

        `exclude_ids` stay as they are. A filter is refused if it would change every vector
        only because no vector has one of its properties.

        "merge" applies a JSON Merge Patch (RFC 7396): keys of `patch` replace those that
        are there, None removes a key, and objects are merged at every depth. "replace"
        makes `patch` the metadata. A vector that is unchanged is not written again.

        Raises `InvalidRequest` and `InvalidFilter`.
        """
        return self._run(
            writes.update_metadata(
                index=self.name,
                patch=patch,
                ids=ids,
                filter=filter,
                namespace=namespace,
                mode=mode,
                exclude_ids=exclude_ids,
            )
        )

    def _write(self, operation: writes.Operation, given: Iterable[Batch], atomic: bool) -> Mutation:
        handshake = self._client._shake_hands()
        if atomic:
            plan = writes.write_or_load(
                operation,
                index=self.name,
                batches=given,
                handshake=handshake,
                may_load=self._client._is_free,
            )
            return self._run(plan, atomic=True)
        write = partial(writes.write_batch, operation, index=self.name, handshake=handshake)
        written = writes.Written()
        try:
            for batch in given:
                written.add(batch, self._run(write(batch=batch)))
        except InvalidVector as error:
            raise written.renumbered(error) from error
        except PgVectorizeError as error:
            written.say_so(error)
            raise
        if written.mutation is None:
            return self._run(write(batch=None))
        return written.mutation
