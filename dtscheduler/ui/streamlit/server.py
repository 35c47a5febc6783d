"""The server of the studio as a process, which ends with the one that has started it: its standard input tells."""

from __future__ import annotations

import os
import signal
import sys
import threading


def main() -> None:
    """Serve with the arguments of ``streamlit run``."""
    threading.Thread(target=_end_at_eof, daemon=True).start()
    from streamlit.web.cli import main as streamlit

    sys.argv = ["streamlit", "run", *sys.argv[1:]]
    streamlit()


def _end_at_eof() -> None:
    while sys.stdin.buffer.read(1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
