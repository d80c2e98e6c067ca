#!/usr/bin/env bash
# The fast tests with the oldest and with the newest supported libraries, each in an environment of its own.
# WHICH="oldest" for one of them, ROOMS="tests/exact tests/nn" for some tests. torch is the oldest, or the newest, of which
# TORCH_INDEX has a build for the CPU; where that cannot be had, it is the one of constraints.txt, and this says so.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-python3}
index=${TORCH_INDEX:-https://download.pytorch.org/whl/cpu}
read -r -a rooms <<< "${ROOMS:-tests/exact tests/schemes tests/analysis tests/codegen tests/nn}"
failed=0
for which in ${WHICH:-oldest newest}; do
  venv=.venv-versions/$which
  pip=("$venv/bin/python" -m pip --disable-pip-version-check install --quiet)
  if [ ! -e "$venv/.installed" ]; then
    "$python" -m venv "$venv"
    if [ "$which" = oldest ]; then
      limits=(-c tests/versions/oldest.txt) torch="torch==2.4.0"
    else
      limits=() torch=torch
    fi
    if ! "${pip[@]}" "${limits[@]}" --index-url "$index" --no-deps "$torch" 2> /dev/null; then
      echo "$which: no $torch for the CPU at $index; $(grep '^torch==' constraints.txt) instead"
      "${pip[@]}" "${limits[@]}" "$(grep '^torch==' constraints.txt)"
    fi
    "${pip[@]}" "${limits[@]}" -e ".[torch,train,test]"
    touch "$venv/.installed"
  fi
  "$venv/bin/python" -c 'from importlib.metadata import version as v
print("'"$which"':", *(f"{n} {v(n)}" for n in ("sympy", "python-flint", "numpy", "scipy", "torch", "transformers")))'
  OMP_NUM_THREADS=1 "$venv/bin/python" -m pytest -q "${rooms[@]}" || failed=1
done
exit $failed
