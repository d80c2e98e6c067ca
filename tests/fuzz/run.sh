#!/usr/bin/env bash
# Every reader of tests/fuzz/target.py for an equal share of SECONDS_IN_ALL (600), in an environment of its own.
# The corpus is kept in .cache/fuzz; a find is written there as crash-*, timeout-* or oom-*, and the exit code is 1.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-python3}
venv=.venv-fuzz
if [ ! -e "$venv/.installed" ]; then
  "$python" -m venv "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[torch,train]" "atheris==3.0.0"
  touch "$venv/.installed"
fi
readers=(${READERS:-parser formula toml name tree coefficients checkpoint image})
share=$((${SECONDS_IN_ALL:-600} / ${#readers[@]}))
failed=0
for reader in "${readers[@]}"; do
  corpus=.cache/fuzz/$reader
  mkdir -p "$corpus"
  if "$venv/bin/python" tests/fuzz/target.py "$reader" "$corpus" -max_total_time="$share" -artifact_prefix="$corpus/" \
      -print_final_stats=1 -verbosity=0 >"$corpus.log" 2>&1; then
    echo "$reader: $(grep -o 'number_of_executed_units: [0-9]*' "$corpus.log" || true), nothing but SchemeError"
  else
    echo "$reader: FOUND, see $corpus.log"
    failed=1
  fi
done
exit $failed
