#!/usr/bin/env bash
# The fast tests with the oldest and with the newest supported libraries, each in an environment of its own.
# WHICH=oldest for one of them, ROOMS="tests/exact tests/nn" for some tests. torch is taken from TORCH_INDEX, builds for the CPU.
# Where that cannot be reached, the newest is run with the torch of constraints.txt, and the oldest with what pip finds, which
# may be a build for graphics cards: that runs without one, but is a download of gigabytes. This says so.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-python3}
index=${TORCH_INDEX:-https://download.pytorch.org/whl/cpu}
failed=0
for which in ${WHICH:-oldest newest}; do
  venv=.venv-versions/$which
  rooms=${ROOMS:-tests/exact tests/schemes tests/analysis tests/codegen tests/nn}
  pip=("$venv/bin/python" -m pip --disable-pip-version-check install --quiet)
  if [ "$which" = oldest ]; then
    limits=(-c tests/versions/oldest.txt) torch=$(grep '^torch==' tests/versions/oldest.txt) instead=
  else
    limits=() torch=torch instead=$(grep '^torch==' constraints.txt)
  fi
  if [ ! -e "$venv/.installed" ]; then
    "$python" -m venv "$venv"
    if "${pip[@]}" --index-url "$index" --no-deps "$torch" 2> /dev/null; then
      instead=
    else
      echo "$which: no $torch for the CPU at $index; ${instead:-a build of gigabytes, if pip finds no other}"
    fi
    "${pip[@]}" "${limits[@]}" -e ".[torch,train,test]" $instead
    touch "$venv/.installed"
  fi
  "$venv/bin/python" - "$which" <<'PY'
import sys
from importlib.metadata import PackageNotFoundError, version

shown = []
for name in ("sympy", "python-flint", "numpy", "scipy", "torch", "transformers"):
    try:
        shown.append(f"{name} {version(name)}")
    except PackageNotFoundError:
        shown.append(f"no {name}")
print(f"{sys.argv[1]}: {', '.join(shown)}")
PY
  OMP_NUM_THREADS=1 "$venv/bin/python" -m pytest -q $rooms || failed=1
done
exit $failed
