#!/usr/bin/env bash
# PyTorch: torch.save to a full disk raises RuntimeError with a message about positions in a file, not OSError with
# ENOSPC, so that a program cannot tell a full disk from a broken state. Needs leave to mount a small tmpfs in a name
# space of its own; without it nothing is checked, and the script says so.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! unshare -rm mount -t tmpfs -o size=64k none "$work" 2>/dev/null; then
    echo "skipped: no leave to mount a tmpfs here"
    exit 0
fi
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q torch==2.13.0 numpy==2.4.6
cat > "$work/save.py" <<'PY'
import errno
import os
import sys

import torch

print("torch", torch.__version__)


def attempt(save):
    try:
        save()
    except OSError as error:
        return f"OSError {errno.errorcode.get(error.errno, error.errno)}"
    except Exception as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0]}"
    finally:
        os.remove("full")
    return "no error"


def plain():
    with open("full", "wb", buffering=0) as file:
        while file.write(bytes(2**16)):
            pass


seen = attempt(lambda: torch.save(torch.zeros(100_000), "full"))
print("expected:", attempt(plain), "(what a plain write to the same disk of 64 kB raises)")
print("seen:    ", seen)
sys.exit(0 if seen.startswith("RuntimeError") else 1)
PY
mkdir "$work/disk"
unshare -rm bash -c 'mount -t tmpfs -o size=64k none "$1/disk" && cd "$1/disk" && "$1/venv/bin/python" "$1/save.py"' _ "$work"
