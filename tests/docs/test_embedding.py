"""The Python blocks of docs/embedding.md run, in their order, without a network."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pgvectorize.embedding import TextEmbedder

pytest.importorskip("wordllama", reason="wordllama has no wheel for this Python")

PAGE = (Path(__file__).parents[2] / "docs" / "embedding.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)


def test_the_blocks_run() -> None:
    names: dict[str, Any] = {}
    for block in BLOCKS:
        exec(block, names)  # noqa: S102
    embedder = names["embedder"]
    assert isinstance(embedder, TextEmbedder)
    np.testing.assert_array_equal(embedder.embed_queries(["banana"]), [[6, 3]])
