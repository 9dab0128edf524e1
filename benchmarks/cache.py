"""Where the benchmark keeps what can be made again: git-ignored, in the repository's folder."""

from __future__ import annotations

import subprocess
import venv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".bench"


def folder(name: str) -> Path:
    path = CACHE / name
    path.mkdir(parents=True, exist_ok=True)
    return path


def cached_array(path: Path, make: Callable[[], np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
    """Return the array in the file, making and keeping it first if need be."""
    if not path.exists():
        unfinished = path.with_suffix(".unfinished.npy")
        np.save(unfinished, make())
        unfinished.rename(path)
    found: np.ndarray[Any, Any] = np.load(path)
    return found


def environment(name: str, requirements: Sequence[str], *options: str) -> Path:
    """Return the Python of a venv that holds the requirements, making it if need be.

    Raises `RuntimeError` where they cannot be installed; pip's words are in a log beside it.
    """
    path = folder("venvs") / name
    python, stamp = path / "bin" / "python", path / "requirements.txt"
    wanted = "\n".join(requirements)
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"  installing {', '.join(requirements)}", flush=True)
        venv.create(path, with_pip=True, clear=True)
        pip = (str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        with path.with_suffix(".log").open("w") as log:
            done = subprocess.run([*pip, *options, *requirements], stderr=log, check=False)
        if done.returncode:
            raise RuntimeError(f"pip could not install {', '.join(requirements)}")
        stamp.write_text(wanted)
    return python
