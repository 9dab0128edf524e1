"""What other programs say, without the secrets of the environment."""

from __future__ import annotations

import os
import re

_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL", re.IGNORECASE)
_SHORTEST = 8  # a shorter value may be a word
_LONGEST_MESSAGE = 300


def redacted(text: object) -> str:
    """Return a message in one line, with the name of a secret in place of its value."""
    message = " ".join(str(text).split())
    for name, value in os.environ.items():
        secret = value.strip()
        if _SECRET.search(name) and len(secret) >= _SHORTEST:
            message = message.replace(secret, f"${name}")
    return message[:_LONGEST_MESSAGE]
