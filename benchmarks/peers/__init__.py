"""Other stores, each driven by a script that runs in a virtual environment of its own."""
