#!/usr/bin/env bash
# PyTorch 2.5 and 2.6 ask for one release of SymPy, sympy==1.13.1, and take no other: whatever needs a later one cannot be
# installed beside them, and a range such as torch>=2.4 with sympy>=1.14 has a hole of two minor releases that no reader of
# the range sees. 2.7 asks for sympy>=1.13.3. Nothing is installed here: pip resolves, and its report is read.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" - <<'PY'
import json
import subprocess
import sys


def pip(*words):
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--dry-run", "--quiet", *words]
    return subprocess.run(command, capture_output=True, text=True)


def wanted(release):
    report = json.loads(pip("--no-deps", "--report", "-", f"torch=={release}").stdout)
    lines = [line for line in report["install"][0]["metadata"]["requires_dist"] if line.startswith("sympy")]
    return lines[-1].split(";")[0].replace("sympy", "").strip(" ()")


seen = {release: wanted(release) for release in ("2.5.0", "2.6.0", "2.7.0")}
refused = pip("torch==2.6.0", "sympy==1.14.0")
print("expected: a lower bound on sympy in each, so that pip resolves torch==2.6.0 beside sympy==1.14.0")
print("seen:    ", ", ".join(f"torch {release} wants sympy{pin}" for release, pin in seen.items()))
print("         ", next((line for line in refused.stderr.splitlines() if "ResolutionImpossible" in line), "pip resolves"))
pins = seen == {"2.5.0": "==1.13.1", "2.6.0": "==1.13.1", "2.7.0": ">=1.13.3"}
sys.exit(0 if pins and "ResolutionImpossible" in refused.stderr else 1)
PY
