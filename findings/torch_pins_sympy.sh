#!/usr/bin/env bash
# PyTorch 2.6 asks for one release of SymPy, sympy==1.13.1, and takes no other: whatever needs a later one cannot be installed
# beside it, and a range such as torch>=2.4 with sympy>=1.14 has a hole in its middle that no reader of the range sees (2.5
# pins as well). 2.7 asks for sympy>=1.13.3. Nothing is installed here, but where the index does not serve what a release
# asks for by itself, pip fetches the release to read it: 1.6 GB.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" - "$work/report.json" <<'PY'
import json
import subprocess
import sys


def wanted(release):
    pip = [sys.executable, "-m", "pip", "install", "-q", "--dry-run", "--no-deps", "--use-feature=fast-deps", "--report"]
    subprocess.run([*pip, sys.argv[1], f"torch=={release}"], check=True)
    with open(sys.argv[1]) as file:
        lines = json.load(file)["install"][0]["metadata"]["requires_dist"]
    return next(line.split(";")[0].replace("sympy", "").strip(" ()") for line in lines if line.startswith("sympy"))


seen = {release: wanted(release) for release in ("2.6.0", "2.7.0")}
print("expected: each release takes whatever SymPy is recent enough")
print("seen:    ", ", ".join(f"torch {release} wants sympy{pin}" for release, pin in seen.items()))
sys.exit(0 if seen == {"2.6.0": "==1.13.1", "2.7.0": ">=1.13.3"} else 1)
PY
