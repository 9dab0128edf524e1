"""The values that go in and come out, as frozen dataclasses, and the public type aliases.

A result has the fields that its SQL function returns, under the same names: calls are
written from them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, TypeAlias
from uuid import UUID

import numpy as np
import numpy.typing as npt

from pgvectorize.errors import InvalidRequest, ModelMismatch

Metric: TypeAlias = Literal["cosine", "euclidean", "dot-product"]
IndexType: TypeAlias = Literal["string", "number", "boolean"]
ReturnMetadata: TypeAlias = Literal["none", "indexed", "all"]
Storage: TypeAlias = Literal["float32", "float16"]
IndexPrecision: TypeAlias = Literal["float32", "float16", "binary"]
Library: TypeAlias = Literal["vecs", "langchain"]
PatchMode: TypeAlias = Literal["merge", "replace"]
Severity: TypeAlias = Literal["error", "warning", "notice"]
Access: TypeAlias = Literal["owner", "writer", "reader"]
Values: TypeAlias = npt.NDArray[np.float32]
ValuesInput: TypeAlias = Sequence[float] | npt.NDArray[Any]
Metadata: TypeAlias = Mapping[str, Any]
Filter: TypeAlias = Mapping[str, Any]


class _WithValues:
    """Equality for dataclasses with an array, for which the generated one raises."""

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return all(
            np.array_equal(getattr(self, field.name), getattr(other, field.name))
            if field.name == "values"
            else getattr(self, field.name) == getattr(other, field.name)
            for field in fields(self)  # type: ignore[arg-type]
        )

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True, eq=False)
class Vector(_WithValues):
    """A vector, as it is written and as it is read.

    When written, `values` may be any sequence of numbers; when read, it is a
    `(dimensions,)` float32 array. `content` is the text that the values stand for. `values`
    is None if the vector is pending: it has content and waits to be embedded. `namespace`,
    `metadata` and `content` are None if there is none.
    """

    id: str
    values: ValuesInput | None = None
    namespace: str | None = None
    metadata: Metadata | None = None
    content: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Match(_WithValues):
    """One match of a query.

    The metric of the index says what `score` is: the cosine similarity (1 is identical),
    the L2 distance (0 is identical), or the negative inner product (less is closer).
    `values`, `(dimensions,)` float32, `metadata` and `content` are None unless they were asked
    for. Metadata that was asked for is {} if the vector has none.
    """

    id: str
    score: float
    namespace: str | None = None
    values: Values | None = None
    metadata: dict[str, Any] | None = None
    content: str | None = None


@dataclass(frozen=True, slots=True)
class Matches:
    """The answer to a query: best match first, equal scores by id."""

    count: int
    matches: list[Match]

    def __iter__(self) -> Iterator[Match]:
        return iter(self.matches)

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, position: int) -> Match:
        return self.matches[position]


@dataclass(frozen=True, slots=True)
class Mutation:
    """The answer to a write.

    `ids` are the vectors that it changed, in the order given: those that were new for
    `insert`, all for `upsert`, those that were there for `delete_by_ids` and
    `update_metadata`. If a filter or a namespace chose them, there are no `ids`, only
    their `count`. `describe` names `mutation_id` as soon as the write is visible.
    """

    mutation_id: UUID
    count: int
    ids: list[str]


@dataclass(frozen=True, slots=True)
class Deletion:
    """How many vectors a filter or a namespace chose to be deleted.

    `mutation_id` is None for a dry run, which deletes nothing.
    """

    mutation_id: UUID | None
    count: int


@dataclass(frozen=True, slots=True)
class EmbeddingModel:
    """The identity of an embedding model. Vectors of two models cannot be compared.

    `pooling` says how a model makes one vector of a text's tokens: `mean`, `cls` or `last`. If
    `normalised`, its vectors have length 1. `query_prompt` and `document_prompt` are put before a
    text; "" means that nothing is. A field that is None is not known, and matches every value.
    """

    provider: str
    name: str
    dimensions: int | None = None
    pooling: str | None = None
    normalised: bool | None = None
    query_prompt: str | None = None
    document_prompt: str | None = None
    revision: str | None = None

    @classmethod
    def parse(cls, text: str) -> EmbeddingModel:
        """Return the model that a string names, such as `openai:text-embedding-3-small`."""
        provider, colon, name = text.partition(":")
        if not (provider and colon and name):
            raise InvalidRequest(
                f'"{text[:64]}" does not name an embedding model',
                hint="Write PROVIDER:MODEL, for example openai:text-embedding-3-small.",
            )
        return cls(provider, name)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> EmbeddingModel:
        """Return the model that `as_json` described; fields of a newer library are ignored."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in document.items() if name in known})

    def as_json(self) -> dict[str, Any]:
        """Return the fields that are known, as JSON holds them."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value is not None}

    def updated(self, other: EmbeddingModel) -> EmbeddingModel:
        """Return this model, with what is known of the other one instead of what is known here."""
        return EmbeddingModel(**{**self.as_json(), **other.as_json()})

    def differences(self, other: EmbeddingModel) -> list[str]:
        """Return the names of the fields that both know and that differ."""
        mine, theirs = self.as_json(), other.as_json()
        return [name for name in mine if name in theirs and mine[name] != theirs[name]]

    def check(self, other: EmbeddingModel) -> None:
        """Refuse another model; raises `ModelMismatch`, which names both."""
        if different := self.differences(other):
            raise ModelMismatch(
                f"the vectors are of the embedding model {self}, not of {other}: "
                f"{' and '.join(different)} {'differs' if len(different) == 1 else 'differ'}",
                hint="Vectors of two models cannot be compared. Use the same model, or embed "
                "everything again with the other one. If both are the same model, say so by "
                "as_embedder(…, model=…).",
            )

    def __str__(self) -> str:
        known = [
            f"{name}={value!r}"
            for name, value in self.as_json().items()
            if name not in ("provider", "name")
        ]
        return f"{self.provider}:{self.name}" + (f" ({', '.join(known)})" if known else "")


def _read_model(record: IndexInfo | IndexDescription) -> None:
    """Turn the JSON of the database into a model."""
    if isinstance(record.model, Mapping):
        object.__setattr__(record, "model", EmbeddingModel.from_json(record.model))


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """Configuration of an index.

    `relation` is its table, quoted as SQL needs it. `has_hnsw` is False if there is no
    HNSW index; then queries compare with every vector. `is_strict` says whether
    Vectorize's own limits are enforced, `is_counted` whether queries are counted for
    `usage`. `storage` is how the table holds values, `index_precision` how the HNSW index
    does; `m` and `ef_construction` are its parameters. `ef_search` is what queries use
    unless they say otherwise, None for the default. `model` made the vectors, if it is
    known.
    """

    name: str
    dimensions: int
    metric: Metric
    preset: str | None
    description: str | None
    relation: str
    has_hnsw: bool
    is_strict: bool
    is_counted: bool
    created_on: datetime
    modified_on: datetime
    storage: Storage
    index_precision: IndexPrecision
    m: int
    ef_construction: int
    ef_search: int | None
    model: EmbeddingModel | None = None

    def __post_init__(self) -> None:
        _read_model(self)


@dataclass(frozen=True, slots=True)
class IndexBuild:
    """How an HNSW index was built, or how it is if nothing had to be done (`is_built` False).

    `memory` is what the build might use and `memory_needed` what it needs to be fast, both
    in bytes. If `memory_needed` is more, `vectors_in_memory` of about `vectors` were built
    fast, and the others many times as slowly. `workers` is how many processes helped, if the
    server had as many.
    """

    is_built: bool
    index_precision: IndexPrecision
    m: int
    ef_construction: int
    vectors: int
    memory: int
    memory_needed: int
    vectors_in_memory: int
    workers: int


@dataclass(frozen=True, slots=True)
class BuildProgress:
    """How far a running build of an HNSW index or a metadata index is.

    `name` is the index, `pid` the server process that builds. In phase "loading" `fraction`
    goes from 0 to 1, and `done` of about `total` vectors are in; in other phases `fraction`
    is None.
    """

    name: str
    pid: int
    phase: str
    done: int
    total: int | None
    fraction: float | None


@dataclass(frozen=True, slots=True)
class RecallPoint:
    """What share of the true `top_k` nearest vectors queries find with `ef_search`, and how fast.

    `recall` is the mean over `queries`. With other queries it would differ, in two of three
    cases by less than `standard_error`. `milliseconds` is the median time of a query on the
    server. `ef_search` is None for the exact search, which finds all.
    """

    ef_search: int | None
    recall: float
    standard_error: float
    milliseconds: float
    queries: int
    top_k: int


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong, or worth knowing, and how to fix it.

    An "error" keeps something from working, a "warning" makes it slow, or will. `code` says
    what kind of finding it is and stays the same. `name` is the index, None if the finding is
    about the server or the database. `fix` is the SQL that repairs it, None if there is none;
    a library that does not fit the database has a shell command there. If `fix` calls one of
    the SQL functions, or is a vacuum, `action` is its name and `arguments` are what it is
    called with.
    """

    severity: Severity
    code: str
    name: str | None
    finding: str
    fix: str | None = None
    action: str | None = None
    arguments: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Which way a query took, and why.

    `explanation`, also as `str()`, says it in words, one fact a line. `path` is the way that
    gave the answer of `count` matches and read `visited` vectors for it. `matches` is how
    many vectors match namespace and filter, and `expected_matches` how many Postgres
    expected; without namespace and filter, `matches` is the number of all vectors, an
    estimate above 100,000. `milliseconds` is the server's time for all `attempts`
    together; each attempt has Postgres' plan. `advice` is what would make the query faster;
    the explanation says it, too. Under row-level security `expected_matches` and `visited` are
    None, and attempts have no plan.
    """

    path: Literal["hnsw", "exact"]
    expected_matches: int | None
    matches: int
    visited: int | None
    count: int
    milliseconds: float
    explanation: str
    attempts: list[dict[str, Any]]
    advice: list[Finding]

    def __str__(self) -> str:
        return self.explanation


@dataclass(frozen=True, slots=True)
class IndexSize:
    """How much disk space and memory an index needs, in bytes.

    `table_bytes` is the table with its Postgres indexes on ids and namespaces. `total_bytes`
    adds the HNSW index, which holds `hnsw_precision`. With `build_memory` a build stays in
    memory; with workers, that is `shared_memory` in /dev/shm. `shared_buffers` of this size
    hold the HNSW index and a fifth of the table.
    """

    hnsw_precision: IndexPrecision
    table_bytes: int
    hnsw_bytes: int
    total_bytes: int
    build_memory: int
    shared_memory: int
    shared_buffers: int


@dataclass(frozen=True, slots=True)
class PostgresIndex:
    """A Postgres index on the table of an index.

    `kind` is "hnsw"; "namespace" or "metadata", with the name of the namespace or of the
    property as `subject`; "ids", "namespaces" or "pending"; "new" for an HNSW index that is
    not in use yet; "other" for one that is not ours. `scans` and `last_scan` say how it was used.
    """

    relation: str
    kind: Literal["hnsw", "namespace", "metadata", "ids", "namespaces", "pending", "new", "other"]
    subject: str | None
    is_valid: bool
    bytes: int
    scans: int
    last_scan: datetime | None


@dataclass(frozen=True, slots=True)
class IndexStats:
    """The rows of an index, its disk space in bytes, its use and its builds.

    `is_estimate` says whether `vector_count` and `namespace_count` are estimates.
    `toast_bytes` is where vectors of more than 2 kB are. `dead_rows` were deleted or replaced
    and are still there; `modified_rows` changed since the table was analyzed; both are as
    Postgres counts them. A hit ratio is the share of pages that were found in the shared
    buffers, None if no page was read. Scans and pages are counted since `counted_since`, or
    always if that is None.
    """

    name: str
    vector_count: int
    namespace_count: int | None
    is_estimate: bool
    has_hnsw: bool
    index_precision: IndexPrecision
    m: int
    ef_construction: int
    ef_search: int | None
    table_bytes: int
    toast_bytes: int
    hnsw_bytes: int
    namespace_hnsw_bytes: int
    metadata_index_bytes: int
    other_index_bytes: int
    total_bytes: int
    bytes_per_vector: int | None
    live_rows: int
    dead_rows: int
    modified_rows: int
    last_vacuum: datetime | None
    is_autovacuum: bool | None
    last_analyze: datetime | None
    is_autoanalyze: bool | None
    table_scans: int
    table_hit_ratio: float | None
    hnsw_hit_ratio: float | None
    indexes: list[PostgresIndex]
    running_builds: int
    counted_since: datetime | None


@dataclass(frozen=True, slots=True)
class PrewarmedRelation:
    """A table or Postgres index that was read; `is_buffered` if into the shared buffers."""

    relation: str
    bytes: int
    is_buffered: bool


@dataclass(frozen=True, slots=True)
class Vacuum:
    """What a vacuum did.

    `dead_rows` is about how many deleted or replaced rows there were, and `remaining_rows`
    how many are left because older transactions may see them. `build` is the rebuild of the
    HNSW index, if there was one.
    """

    dead_rows: int
    remaining_rows: int
    build: IndexBuild | None


@dataclass(frozen=True, slots=True)
class BulkLoad:
    """The answer to a bulk load: what it wrote, and the build of the HNSW index, if any."""

    mutation: Mutation
    build: IndexBuild | None


@dataclass(frozen=True, slots=True)
class IndexDescription:
    """What an index holds now; the last two fields are None before the first write.

    Above 100,000 `vector_count` may be an estimate; `is_estimate` says so. `pending_count` is
    how many of the vectors have content but no values yet.
    """

    dimensions: int
    vector_count: int
    is_estimate: bool
    pending_count: int
    processed_up_to_mutation: UUID | None
    processed_up_to_datetime: datetime | None
    model: EmbeddingModel | None = None

    def __post_init__(self) -> None:
        _read_model(self)


@dataclass(frozen=True, slots=True, eq=False)
class ListedVector(_WithValues):
    """A vector of a listing.

    `values`, `(dimensions,)` float32, `metadata` and `content` are on request. A pending
    vector has no values.
    """

    id: str
    namespace: str | None = None
    values: Values | None = None
    metadata: dict[str, Any] | None = None
    content: str | None = None


@dataclass(frozen=True, slots=True)
class VectorList:
    """A page of vectors. `next_cursor` and its expiration are None on the last page."""

    vectors: list[ListedVector]
    count: int
    total_count: int
    is_truncated: bool
    next_cursor: str | None
    cursor_expiration_timestamp: datetime | None

    @property
    def ids(self) -> list[str]:
        return [vector.id for vector in self.vectors]


@dataclass(frozen=True, slots=True)
class NamespaceInfo:
    """A namespace and how many vectors it holds; None stands for those without one."""

    namespace: str | None
    vector_count: int


@dataclass(frozen=True, slots=True)
class Facet:
    """How many vectors have a value of a property, or a number in a range of it.

    A range is `lower` <= number < `upper`, and the last one includes `upper`. A value has
    no `lower` and `upper`, and a range no `value`.
    """

    value: str | int | float | bool | None
    lower: float | None
    upper: float | None
    count: int


@dataclass(frozen=True, slots=True)
class MetadataIndex:
    """A metadata index: its property, and the type that the property is compared as."""

    property_name: str
    index_type: IndexType


@dataclass(frozen=True, slots=True)
class NamespaceIndex:
    """The HNSW index of one namespace.

    `vector_count` is about how many vectors it held when it was last analyzed, and `bytes`
    its size. After `drop_hnsw`, and until `build`, `is_built` is False and both are None.
    """

    namespace: str
    is_built: bool
    vector_count: int | None
    bytes: int | None


@dataclass(frozen=True, slots=True)
class IndexUsage:
    """What an index stores and how often it was queried in a month.

    The queried numbers are None while queries are not counted. `vectorize_dollars` is what
    the same would cost at Vectorize, before what its plans include for an account.
    """

    name: str
    month: date
    dimensions: int
    stored_vectors: int
    stored_dimensions: int
    queried_vectors: int | None
    queried_dimensions: int | None
    vectorize_dollars: Decimal


@dataclass(frozen=True, slots=True)
class LimitInfo:
    """A limit: its value here and in strict mode, None if there is none, and its source."""

    name: str
    value: int | None
    strict: int | None
    source: str


@dataclass(frozen=True, slots=True)
class Preset:
    """A known embedding model."""

    name: str
    dimensions: int
    metric: Metric


@dataclass(frozen=True, slots=True)
class Grant:
    """A Postgres role and its access; see `grant`."""

    role: str
    access: Access


VectorInput: TypeAlias = Vector | Sequence[Any] | Mapping[str, Any]
