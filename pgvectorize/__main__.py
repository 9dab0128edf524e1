"""`python -m pgvectorize`, and what the script `pgvectorize` runs."""

import os
import signal
from typing import NoReturn


def main() -> None:
    # Ctrl-C while modules are imported would show a traceback, or leave a module half imported
    # that is imported again. There is nothing to close yet: the process just ends.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _abort)

    from pgvectorize.cli import main as run

    run(prog_name=None if __name__ != "__main__" else "python -m pgvectorize")


def _abort(*_: object) -> NoReturn:
    os.write(2, b"\nAborted!\n")
    os._exit(1)


if __name__ == "__main__":
    main()
