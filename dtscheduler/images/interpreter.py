"""Whether an interpreter can run an image: it starts, and imports the same dtscheduler as this process."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

from dtscheduler.errors import ImageError
from dtscheduler.version import __version__

START_SECONDS = 60
_QUESTION = "import json, sys, dtscheduler; print(json.dumps([dtscheduler.__version__, list(sys.version_info[:2])]))"


def usable_interpreter(python: str) -> str:
    """Find an interpreter and check it; returns its full path.

    Raises:
        ImageError: it does not start, is too old, or has no dtscheduler or another one; says what to install.
    """
    path = shutil.which(os.path.expanduser(python))  # noqa: PTH111 # a command name is not a path
    if path is None:
        raise ImageError(f"there is no interpreter {python!r}; give the path of a python of version 3.11 or newer")
    full = str(Path(path).absolute())
    try:
        answer = subprocess.run(
            [full, "-P", "-c", _QUESTION], capture_output=True, text=True, timeout=START_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ImageError(f"the interpreter {full} does not start: {error}") from error
    if answer.returncode != 0:
        said = answer.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        raise ImageError(f"{full} cannot import dtscheduler ({said[0][:200]}); {_install(full)}")
    try:
        version, python_version = json.loads(answer.stdout.strip().splitlines()[-1])
    except (ValueError, IndexError):
        raise ImageError(f"{full} is not a Python interpreter: it answered {answer.stdout[:100]!r}") from None
    if version != __version__:
        raise ImageError(f"{full} has dtscheduler {version} and this is {__version__}; {_install(full)}")
    if tuple(python_version) < (3, 11):
        raise ImageError(f"{full} is Python {'.'.join(map(str, python_version))}; 3.11 or newer is needed")
    return full


def _install(python: str) -> str:
    return f'install the same one there: {python} -m pip install "dtscheduler=={__version__}"'
