"""The faces of pgvectorize: the same operations by asyncio, by blocking calls, and by SQL."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Protocol, cast
from uuid import UUID

import numpy as np
import psycopg
from psycopg.rows import dict_row
from psycopg.sql import SQL, Composed, Identifier, Placeholder

from pgvectorize import (
    AsyncClient,
    AsyncIndex,
    BuildProgress,
    BulkLoad,
    Client,
    Deletion,
    EmbeddingModel,
    Explanation,
    Facet,
    Finding,
    Index,
    IndexBuild,
    IndexDescription,
    IndexInfo,
    IndexSize,
    IndexStats,
    IndexUsage,
    LimitInfo,
    ListedVector,
    Match,
    Matches,
    MetadataIndex,
    Mutation,
    NamespaceIndex,
    NamespaceInfo,
    Preset,
    PrewarmedRelation,
    RecallPoint,
    Vector,
    VectorList,
)
from pgvectorize.encoding.documents import json_text
from pgvectorize.errors import translated
from pgvectorize.operations.explain import explanation_of_row
from pgvectorize.operations.operating import stats_of_row
from tests import variants


class Face(Protocol):
    """Every operation in Vectorize's words; what belongs to an index takes its name first."""

    def create_index(self, name: str, **options: Any) -> IndexInfo: ...
    def get_index(self, name: str) -> IndexInfo: ...
    def list_indexes(self) -> list[IndexInfo]: ...
    def update_index(self, name: str, **changes: Any) -> IndexInfo: ...
    def delete_index(self, name: str) -> None: ...
    def limits(self) -> list[LimitInfo]: ...
    def usage(self, index: str | None = None) -> list[IndexUsage]: ...
    def presets(self) -> list[Preset]: ...
    def describe(self, index: str, **options: Any) -> IndexDescription: ...
    def build(self, index: str, **options: Any) -> IndexBuild: ...
    def build_progress(self, index: str) -> list[BuildProgress]: ...
    def drop_hnsw(self, index: str) -> IndexInfo: ...
    def doctor(self, index: str | None = None) -> list[Finding]: ...
    def size(self, vectors: int, **options: Any) -> IndexSize: ...
    def stats(self, index: str, **options: Any) -> IndexStats: ...
    def prewarm(self, index: str) -> list[PrewarmedRelation]: ...
    def recall(self, index: str, **options: Any) -> list[RecallPoint]: ...
    def tune(self, index: str, recall: float, **options: Any) -> RecallPoint: ...
    def insert(
        self, index: str, vectors: Iterable[Any] | None = None, **columns: Any
    ) -> Mutation: ...
    def upsert(
        self, index: str, vectors: Iterable[Any] | None = None, **columns: Any
    ) -> Mutation: ...
    def query(self, index: str, vector: Any, **options: Any) -> Matches: ...
    def query_by_id(self, index: str, id: str, **options: Any) -> Matches: ...
    def query_many(self, index: str, vectors: Any, **options: Any) -> list[Matches]: ...
    def explain(self, index: str, vector: Any, **options: Any) -> Explanation: ...
    def count(self, index: str, **options: Any) -> int: ...
    def get_by_ids(self, index: str, ids: Iterable[str]) -> list[Vector]: ...
    def delete_by_ids(self, index: str, ids: Iterable[str]) -> Mutation: ...
    def delete(self, index: str, **options: Any) -> Deletion: ...
    def delete_namespace(self, index: str, namespace: str) -> Deletion: ...
    def truncate(self, index: str) -> UUID: ...
    def update_metadata(self, index: str, patch: Any, **options: Any) -> Mutation: ...
    def list_vectors(self, index: str, **options: Any) -> VectorList: ...
    def list_namespaces(self, index: str) -> list[NamespaceInfo]: ...
    def facets(self, index: str, property_name: str, **options: Any) -> list[Facet]: ...
    def create_metadata_index(self, index: str, property_name: str, index_type: str) -> UUID: ...
    def list_metadata_indexes(self, index: str) -> list[MetadataIndex]: ...
    def delete_metadata_index(self, index: str, property_name: str) -> UUID: ...
    def create_namespace_index(self, index: str, namespace: str) -> IndexBuild: ...
    def list_namespace_indexes(self, index: str) -> list[NamespaceIndex]: ...
    def delete_namespace_index(self, index: str, namespace: str) -> None: ...

    def borrow(self, *, session: bool = False) -> AbstractContextManager[Borrowed]:
        """Give the same face over a new connection in autocommit, which it only borrows.

        `session` is for tests that set something for all that follows: through a pooler
        the connection has no session of its own.
        """


@dataclass(frozen=True)
class Borrowed:
    """A face, and the connection that it works on."""

    face: Face
    connection: Any
    wait: Callable[[Any], Any] = lambda result: result

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = self.wait(self.wait(self.connection.execute(sql)).fetchall())
        return rows

    @contextmanager
    def transaction(self, *, rollback: bool = False) -> Iterator[None]:
        """Begin a transaction as the caller of a client does, and commit it or not."""
        self.wait(self.connection.execute("begin"))
        try:
            yield
        except BaseException:
            rollback = True
            raise
        finally:
            self.wait(self.connection.execute("rollback" if rollback else "commit"))


class IterableFace(Face, Protocol):
    """A face of the Python client, which has iteration and bulk loads besides."""

    def bulk_load(
        self, index: str, vectors: Iterable[Any] | None = None, **options: Any
    ) -> BulkLoad: ...
    def iterate(self, index: str) -> list[Vector]: ...


def client_face(
    client: Client | AsyncClient,
    dsn: str,
    wait: Callable[[Any], Any] = lambda result: result,
) -> IterableFace:
    """Make the face of a client; `wait` turns an awaitable into what it yields."""
    return cast(IterableFace, _ClientFace(client, dsn, wait))


class _ClientFace:
    def __init__(self, client: Any, dsn: str, wait: Callable[[Any], Any]) -> None:
        self._client = client
        self._dsn = dsn
        self._wait = wait

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        if operation.startswith("_"):  # Hypothesis looks for such when it prints a failure
            raise AttributeError(operation)

        def call(*arguments: Any, **options: Any) -> Any:
            if hasattr(self._client, operation):
                method = getattr(self._client, operation)
            else:
                name, *arguments = arguments  # type: ignore[assignment]
                method = getattr(self._client.index(name), operation)
            return self._wait(method(*arguments, **options))

        return call

    def iterate(self, index: str) -> list[Vector]:
        vectors: Index | AsyncIndex = self._client.index(index)
        if isinstance(vectors, Index):
            return list(vectors)

        async def collect(vectors: AsyncIndex) -> list[Vector]:
            return [vector async for vector in vectors]

        return cast("list[Vector]", self._wait(collect(vectors)))

    @contextmanager
    def borrow(self, *, session: bool = False) -> Iterator[Borrowed]:
        is_async = isinstance(self._client, AsyncClient)
        kind: Any = psycopg.AsyncConnection if is_async else psycopg.Connection
        dsn = variants.straight(self._dsn) if session else self._dsn
        connection = self._wait(kind.connect(dsn, autocommit=True, **variants.psycopg_options()))
        try:
            yield Borrowed(
                client_face(self._client.using(connection), self._dsn, self._wait),
                connection,
                self._wait,
            )
        finally:
            self._wait(connection.close())


class SqlFace:
    """The SQL functions, called with named arguments and literals, as psql users do."""

    def __init__(self, connection: psycopg.Connection[Any], dsn: str) -> None:
        self._connection = connection
        self._dsn = dsn

    def create_index(self, name: str, **options: Any) -> IndexInfo:
        if isinstance(model := options.get("model"), EmbeddingModel):
            options["model"] = _json(model.as_json())
        return IndexInfo(**self._row("create_index", name=name, **options))

    def get_index(self, name: str) -> IndexInfo:
        return IndexInfo(**self._row("get_index", name=name))

    def list_indexes(self) -> list[IndexInfo]:
        return [IndexInfo(**row) for row in self._rows("list_indexes")]

    def update_index(self, name: str, **changes: Any) -> IndexInfo:
        return IndexInfo(**self._row("update_index", name=name, **changes))

    def delete_index(self, name: str) -> None:
        self._row("delete_index", name=name)

    def usage(self, index: str | None = None) -> list[IndexUsage]:
        return [IndexUsage(**row) for row in self._rows("usage", index=index)]

    def limits(self) -> list[LimitInfo]:
        return [LimitInfo(**row) for row in self._rows("limits")]

    def presets(self) -> list[Preset]:
        return [Preset(**row) for row in self._rows("presets")]

    def describe(self, index: str, **options: Any) -> IndexDescription:
        return IndexDescription(**self._row("describe", index=index, **options))

    def build(self, index: str, **options: Any) -> IndexBuild:
        return IndexBuild(**self._row("build", index=index, **options))

    def build_progress(self, index: str) -> list[BuildProgress]:
        return [BuildProgress(**row) for row in self._rows("build_progress", index=index)]

    def drop_hnsw(self, index: str) -> IndexInfo:
        return IndexInfo(**self._row("drop_hnsw", index=index))

    def doctor(self, index: str | None = None) -> list[Finding]:
        return [Finding(**row) for row in self._rows("doctor", index=index)]

    def size(self, vectors: int, **options: Any) -> IndexSize:
        return IndexSize(**self._row("size", vectors=vectors, **options))

    def stats(self, index: str, **options: Any) -> IndexStats:
        return stats_of_row(self._row("stats", index=index, **options))

    def prewarm(self, index: str) -> list[PrewarmedRelation]:
        return [PrewarmedRelation(**row) for row in self._rows("prewarm", index=index)]

    def recall(self, index: str, **options: Any) -> list[RecallPoint]:
        return [
            RecallPoint(**row) for row in self._rows("recall", index=index, **_measured(options))
        ]

    def tune(self, index: str, recall: float, **options: Any) -> RecallPoint:
        return RecallPoint(**self._row("tune", index=index, recall=recall, **_measured(options)))

    def insert(self, index: str, vectors: Iterable[Any] | None = None, **columns: Any) -> Mutation:
        return Mutation(**self._row("insert", index=index, **_written(vectors, **columns)))

    def insert_json(self, index: str, vectors: Any) -> Mutation:
        """Insert any JSON, as it is."""
        return Mutation(**self._row("insert", index=index, vectors=_json(vectors)))

    def upsert(self, index: str, vectors: Iterable[Any] | None = None, **columns: Any) -> Mutation:
        return Mutation(**self._row("upsert", index=index, **_written(vectors, **columns)))

    def query(self, index: str, vector: Any, **options: Any) -> Matches:
        return _matches(
            self._rows("query", index=index, vector=_vector_literal(vector), **_options(options))
        )

    def query_by_id(self, index: str, id: str, **options: Any) -> Matches:
        return _matches(self._rows("query_by_id", index=index, id=id, **_options(options)))

    def query_many(self, index: str, vectors: Any, **options: Any) -> list[Matches]:
        answers: list[list[dict[str, Any]]] = [[] for _ in vectors]
        literals = [_vector_literal(vector) for vector in vectors]
        for row in self._rows("query_many", index=index, vectors=literals, **_options(options)):
            answers[row.pop("query") - 1].append(row)
        return [_matches(rows) for rows in answers]

    def explain(self, index: str, vector: Any, **options: Any) -> Explanation:
        return explanation_of_row(
            self._row("explain", index=index, vector=_vector_literal(vector), **_options(options))
        )

    def count(self, index: str, **options: Any) -> int:
        number: int = self._row("count", index=index, **_options(options))["count"]
        return number

    def get_by_ids(self, index: str, ids: Iterable[str]) -> list[Vector]:
        return [Vector(**row) for row in self._rows("get_by_ids", index=index, ids=list(ids))]

    def delete_by_ids(self, index: str, ids: Iterable[str]) -> Mutation:
        return Mutation(**self._row("delete_by_ids", index=index, ids=list(ids)))

    def delete(self, index: str, **options: Any) -> Deletion:
        return Deletion(**self._row("delete", index=index, **_options(options)))

    def delete_namespace(self, index: str, namespace: str) -> Deletion:
        return Deletion(**self._row("delete_namespace", index=index, namespace=namespace))

    def truncate(self, index: str) -> UUID:
        return cast(UUID, self._row("truncate", index=index)["truncate"])

    def update_metadata(self, index: str, patch: Any, **options: Any) -> Mutation:
        return Mutation(
            **self._row("update_metadata", index=index, patch=_json(patch), **_options(options))
        )

    def list_vectors(self, index: str, **options: Any) -> VectorList:
        page = self._row("list_vectors", index=index, **_options(options))
        vectors = self._fetch(
            SQL("select * from unnest(%s::pgvectorize.stored_vector[])"), [page.pop("vectors")]
        )
        return VectorList([ListedVector(**row) for row in vectors], **page)

    def list_namespaces(self, index: str) -> list[NamespaceInfo]:
        return [NamespaceInfo(**row) for row in self._rows("list_namespaces", index=index)]

    def facets(self, index: str, property_name: str, **options: Any) -> list[Facet]:
        options = {"property_name": property_name, **_options(options)}
        return [Facet(**row) for row in self._rows("facets", index=index, **options)]

    def create_metadata_index(self, index: str, property_name: str, index_type: str) -> UUID:
        (mutation_id,) = self._row(
            "create_metadata_index", index=index, property_name=property_name, index_type=index_type
        ).values()
        return cast(UUID, mutation_id)

    def list_metadata_indexes(self, index: str) -> list[MetadataIndex]:
        return [MetadataIndex(**row) for row in self._rows("list_metadata_indexes", index=index)]

    def delete_metadata_index(self, index: str, property_name: str) -> UUID:
        (mutation_id,) = self._row(
            "delete_metadata_index", index=index, property_name=property_name
        ).values()
        return cast(UUID, mutation_id)

    def create_namespace_index(self, index: str, namespace: str) -> IndexBuild:
        return IndexBuild(**self._row("create_namespace_index", index=index, namespace=namespace))

    def list_namespace_indexes(self, index: str) -> list[NamespaceIndex]:
        return [NamespaceIndex(**row) for row in self._rows("list_namespace_indexes", index=index)]

    def delete_namespace_index(self, index: str, namespace: str) -> None:
        self._row("delete_namespace_index", index=index, namespace=namespace)

    @contextmanager
    def borrow(self, *, session: bool = False) -> Iterator[Borrowed]:
        dsn = variants.straight(self._dsn) if session else self._dsn
        with psycopg.connect(dsn, autocommit=True, **variants.psycopg_options()) as connection:
            yield Borrowed(SqlFace(connection, self._dsn), connection)

    def _row(self, function: str, **arguments: Any) -> dict[str, Any]:
        (row,) = self._rows(function, **arguments)
        return row

    def _rows(self, function: str, **arguments: Any) -> list[dict[str, Any]]:
        """Run `select * from pgvectorize.function(name => …, …)`."""
        call = SQL("select * from {}({})").format(
            Identifier("pgvectorize", function),
            SQL(", ").join(
                SQL("{} => {}").format(Identifier(name), Placeholder()) for name in arguments
            ),
        )
        return self._fetch(call, list(arguments.values()))

    def _fetch(self, statement: SQL | Composed, parameters: list[Any]) -> list[dict[str, Any]]:
        with translated(), self._connection.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(statement, parameters).fetchall()
        for row in rows:
            if row.get("values") is not None:
                row["values"] = np.array(json.loads(row["values"]), dtype=np.float32)
        return rows


def _matches(rows: list[dict[str, Any]]) -> Matches:
    return Matches(len(rows), [Match(**row) for row in rows])


def _options(options: dict[str, Any]) -> dict[str, Any]:
    if options.get("filter") is not None:
        options["filter"] = _json(options["filter"])
    if isinstance(options.get("return_metadata"), bool):
        options["return_metadata"] = "true" if options["return_metadata"] else "false"
    if isinstance(options.get("namespace"), list):
        options["namespaces"] = options.pop("namespace")
    if "filters" in options:
        options["filters"] = [None if each is None else _json(each) for each in options["filters"]]
    return options


def _measured(options: dict[str, Any]) -> dict[str, Any]:
    if options.get("vectors") is not None:
        options["vectors"] = [_vector_literal(vector) for vector in options["vectors"]]
    return options


def _written(
    vectors: Iterable[Any] | None,
    ids: Sequence[str] | None = None,
    values: Any = None,
    namespaces: str | Sequence[str | None] | None = None,
    metadata: Sequence[Any] | None = None,
    content: Sequence[str | None] | None = None,
) -> dict[str, Any]:
    """Write vectors as Vectorize's JSON, or columns as arrays."""
    if vectors is not None:
        return {"vectors": f"[{','.join(_json(_as_dict(vector)) for vector in vectors)}]"}
    if isinstance(namespaces, str):
        namespaces = [namespaces] * len(ids or [])
    return {
        "ids": ids,
        "embeddings": None
        if values is None
        else [None if row is None else _vector_literal(row) for row in values],
        "namespaces": namespaces,
        "metadata": metadata and [None if item is None else _json(item) for item in metadata],
        "content": content,
    }


def _as_dict(given: Any) -> Any:
    if isinstance(given, Vector):
        given = asdict(given)
    elif isinstance(given, tuple):
        given = dict(zip(("id", "values", "namespace", "metadata", "content"), given, strict=False))
    if isinstance(given, Mapping) and isinstance(given.get("values"), np.ndarray):
        given = {**given, "values": given["values"].tolist()}
    return given


def _vector_literal(values: Iterable[float]) -> str:
    return f"[{','.join(repr(float(value)) for value in values)}]"


def _json(value: Any) -> str:
    """JSON in which a float stays one, 1e23 too; what JSON cannot hold is left to the server."""
    try:
        return json_text(value).decode()
    except (TypeError, ValueError):
        return json.dumps(value)
