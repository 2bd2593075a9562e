"""The verdict on the report of pip-audit: known weaknesses, none known, or none looked up.

    python .ci/advisories.py REPORT.json

Prints one line. The exit status is 1 if a weakness is known, else 0.
"""

import json
import sys
from pathlib import Path


def verdict(report: str) -> tuple[str, bool]:
    """One line about a report, and whether a weakness is known.

    Args:
        report: JSON of pip-audit; empty if the index did not answer.
    """
    try:
        packages = json.loads(report)["dependencies"]
    except (ValueError, KeyError, TypeError):
        packages = []
    looked_up = [one for one in packages if "skip_reason" not in one]
    skipped = [one["name"] for one in packages if "skip_reason" in one]
    if not looked_up:
        return "Advisories: NOTHING LOOKED UP, since the index did not answer.", False
    left_out = f"; not looked up: {', '.join(skipped)}" if skipped else ""
    known = [
        f"{one['name']} {one['version']}: {weakness['id']}"
        for one in looked_up
        for weakness in one["vulns"]
    ]
    if known:
        return f"Advisories: KNOWN WEAKNESSES: {'; '.join(known)}{left_out}.", True
    return f"Advisories: nothing known of {len(looked_up)} packages{left_out}.", False


if __name__ == "__main__":
    line, weak = verdict(Path(sys.argv[1]).read_text())
    print(line)
    sys.exit(weak)
