"""Look the installed packages up among known vulnerabilities: `make audit`.

pip-audit alone would not do: where a service answers but knows none of the packages, as a mirror
of the package index without that part does, it says "No known vulnerabilities found" and succeeds.
Here is counted what was looked up. If that is nothing, with either service, a warning says so and
the check goes on, so that `make check` runs without a network too; PGVECTORIZE_AUDIT=required makes
it fail. A vulnerability that is found always fails.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

SERVICES = ("pypi", "osv")
# what is found and does not touch us: the id of each, with the reason
ACCEPTED: dict[str, str] = {}


def look_up(service: str) -> list[dict[str, Any]]:
    """Return the packages that a service knows, each with its vulnerabilities; [] without it."""
    finished = subprocess.run(
        [
            *(sys.executable, "-m", "pip_audit", "--vulnerability-service", service),
            *("--skip-editable", "--progress-spinner", "off", "--timeout", "10"),
            *("--format", "json"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        packages = json.loads(finished.stdout)["dependencies"]
    except ValueError:  # it could not be reached, as the last line says
        print(f"{service}: {(finished.stderr.splitlines() or ['no answer'])[-1][:200]}")
        return []
    known = [package for package in packages if "vulns" in package]
    if len(known) < len(packages):
        print(f"{service}: {len(packages) - len(known)} packages are not known there")
    return known


def main() -> int:
    for service in SERVICES:
        packages = look_up(service)
        if packages:
            return report(service, packages)
    required = os.environ.get("PGVECTORIZE_AUDIT") == "required"
    print(
        f"{'ERROR' if required else 'WARNING'}: nothing was audited: neither of "
        f"{', '.join(SERVICES)} could be asked about the installed packages.",
        file=sys.stderr,
    )
    return int(required)


def report(service: str, packages: list[dict[str, Any]]) -> int:
    """Print what a service found; return the exit code."""
    found = 0
    for package in packages:
        for vulnerability in package["vulns"]:
            names = {vulnerability["id"], *vulnerability.get("aliases", [])}
            reason = next((ACCEPTED[name] for name in names if name in ACCEPTED), None)
            fixed = ", ".join(vulnerability.get("fix_versions", [])) or "no version yet"
            found += reason is None
            print(
                f"{package['name']} {package['version']}: {', '.join(sorted(names))}, "
                + (f"mended in {fixed}" if reason is None else f"accepted: {reason}")
            )
    print(f"{service}: {len(packages)} packages looked up, {found} vulnerabilities")
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
