"""Where each peer is installed: an environment of its own, made when first needed, with exact versions."""

import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".benchmarks" / "venvs"

NUMPY = "numpy==2.4.6"
PINS = {
    "joblib": ["joblib==1.6.0", NUMPY],
    "doit": ["doit==0.37.0", NUMPY],
    "dask": ["distributed==2026.8.0", "dask==2026.8.0", NUMPY],
    "luigi": ["luigi==3.8.1", NUMPY],
    "hamilton": ["sf-hamilton==1.90.0", NUMPY],
}


def python_of(peer: str) -> str:
    """Return the interpreter that has this peer; ours and the bare pool use the one that runs the benchmarks."""
    if peer not in PINS:
        return sys.executable
    folder = FOLDER / peer
    python = folder / "bin" / "python"
    ready = folder / "installed.txt"
    pins = "\n".join(PINS[peer])
    if not ready.exists() or ready.read_text() != pins:
        print(f"installing {', '.join(PINS[peer])} ...", file=sys.stderr)
        venv.create(folder, clear=True, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PINS[peer]], check=True)
        ready.write_text(pins)
    return str(python)
