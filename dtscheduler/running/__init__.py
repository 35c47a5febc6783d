"""How one run is done: entrypoint, binding, fingerprint, performing an attempt, and the runner."""
