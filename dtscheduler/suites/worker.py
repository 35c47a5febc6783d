"""A suite's worker: a process that imports the code of one suite and calls it for a page.

Started as ``python -m dtscheduler.suites.worker``. The main thread answers; a second thread reads the pipe, and ends
everything when the page is gone.
"""

from __future__ import annotations

import faulthandler
import importlib
import importlib.util
import json
import os
import select
import signal
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from dtscheduler.api.place import workspace
from dtscheduler.errors import InvalidJobError, SchedulerError
from dtscheduler.executors import killing, wire
from dtscheduler.executors.surroundings import Surroundings
from dtscheduler.forms.fields import Problem
from dtscheduler.forms.wire import problems_to_wire
from dtscheduler.running.importing import quiet_import
from dtscheduler.suites import messages
from dtscheduler.suites.messages import CHECK, CHOICES, CONSTRUCT, DESCRIBE, Description, SuiteError

if TYPE_CHECKING:
    from dtscheduler.api.suites import Built, Suite
    from dtscheduler.model.job import JobSpec

WATCH_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Post:
    """What a worker is told when it starts: its pipes, its folder, its suite, and whether functions may be kept."""

    reads: int
    writes: int
    folder: str
    entrypoint: str
    keeps: bool


class Ear(threading.Thread):
    """Reads what the page asks; when the page is gone it ends the worker and all it has started, at once."""

    def __init__(self, reads: int) -> None:
        super().__init__(name="dtscheduler-ear", daemon=True)
        self.todo: SimpleQueue[dict[str, Any]] = SimpleQueue()
        self._reads, self._page = reads, os.getppid()

    def run(self) -> None:
        try:
            self._listen()
        finally:
            killing.kill_descendants()
            os.killpg(0, signal.SIGKILL)

    def _listen(self) -> None:
        poll, frames = select.poll(), wire.Frames(messages.LONGEST)
        poll.register(self._reads, select.POLLIN)
        while os.getppid() == self._page:  # a fork of the page may hold its end of the pipe open
            if not poll.poll(WATCH_SECONDS * 1000):
                continue
            data = os.read(self._reads, 2**20)
            if not data:
                return
            for content in frames.feed(data):
                self.todo.put(messages.unpacked(content))


class Worker:
    """Answers questions about one suite."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._suite: Suite[..., Any] | None = None
        self._began_ns = 0
        self._touched: set[str] = set()
        self._surroundings: Surroundings | None = None
        self._ear = Ear(post.reads)
        self._ear.start()

    def run(self) -> None:
        """Work until the page is gone."""
        pid = os.getpid()
        self._send({})  # it has started: what comes now is the user's code
        while True:
            question = self._ear.todo.get()
            answer = self._answered(question)
            if os.getpid() != pid:  # a fork that the user's code made has come back out of it
                os._exit(0)
            if self._surroundings is not None:
                self._surroundings.restore()
            self._send({"question": question["question"], "files": self._files(), **answer})

    def _answered(self, question: Mapping[str, Any]) -> dict[str, Any]:
        try:
            with quiet_import():
                return {"answer": self._answer(self._imported(), question["ask"], question.get("plain") or {})}
        except SuiteError as error:
            return {"failed": str(error)}
        except BaseException as error:
            traceback.print_exc()
            return {"failed": f"{self._post.entrypoint}: {self._said(error)}"}

    def _answer(self, suite: Suite[..., Any], ask: str, plain: dict[str, Any]) -> Any:
        if ask == DESCRIBE:
            found = Description(name=suite.name, title=suite.title, doc=suite.doc, fields=tuple(suite.fields))
            return messages.description_to_wire(found)
        if ask == CHECK:
            return problems_to_wire(suite.check(plain))
        if ask == CHOICES:
            return messages.offers_to_wire(suite.choices(plain))
        if ask == CONSTRUCT:
            return self._constructed(suite.construct(plain))
        raise SuiteError(f"a suite's worker cannot {ask!r}")

    def _constructed(self, built: Built) -> dict[str, Any]:
        try:
            specs = [self._settled(dag) for dag in built.dags]
        except SchedulerError as error:
            from dtscheduler.api.suites import Built

            specs, built = [], Built(dags=(), many=built.many, problems=(Problem((), str(error)),))
        return messages.built_to_wire(specs, built)

    def _settled(self, dag: Any) -> JobSpec:
        from dtscheduler.api.code import settled

        place: Any = workspace() if self._post.keeps else _Elsewhere()
        return settled(dag, place)[0]

    def _imported(self) -> Suite[..., Any]:
        """The suite; the work dir is on ``sys.path``. Raises ``SuiteError``."""
        if self._suite is None:
            module, _, name = self._post.entrypoint.partition(":")
            self._began_ns = time.time_ns()
            self._suite = self._suite_of(module, name)
            self._surroundings = Surroundings()  # what the module has set stays, what a call changes does not
        return self._suite

    def _suite_of(self, module: str, name: str) -> Suite[..., Any]:
        from dtscheduler.api.suites import Suite

        try:
            found = getattr(importlib.import_module(module), name, None)
        except BaseException as error:
            traceback.print_exc()
            self._touch(module, error)
            raise SuiteError(f"importing {module} failed: {self._said(error)}") from error
        if not isinstance(found, Suite):
            self._touch(module, None)
            raise SuiteError(f"{module} has no suite {name!r}; put @suite above the function")
        return found

    def _touch(self, module: str, error: BaseException | None) -> None:
        """Note the files that would have to change for a module that failed to be imported at last."""
        if isinstance(error, SyntaxError) and error.filename:
            self._touched.add(error.filename)
        if error is not None:
            self._touched.update(frame.filename for frame in traceback.extract_tb(error.__traceback__))
        with suppress(Exception):  # parents of the module are imported for this, and may fail again
            spec = importlib.util.find_spec(module)
            self._touched.update([spec.origin] if spec is not None and spec.origin else [])

    def _files(self) -> dict[str, tuple[int, int]]:
        """The files of the work dir that were imported; one that has changed since the import began counts as changed."""
        paths = {getattr(module, "__file__", None) for module in list(sys.modules.values())} | self._touched
        found = {}
        for path in paths:
            if isinstance(path, str) and self._is_ours(path):
                with suppress(OSError):
                    state = Path(path).stat()
                    during = self._began_ns <= state.st_mtime_ns <= time.time_ns()
                    found[path] = (0 if during else state.st_mtime_ns, state.st_size)
        return found

    def _is_ours(self, path: str) -> bool:
        return path.startswith(self._post.folder + os.sep) and f"{os.sep}site-packages{os.sep}" not in path

    def _said(self, error: BaseException) -> str:
        """What an error says, with the line of the user's code if it has come through any."""
        from dtscheduler.api.suites import told_with_line

        files = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
        with suppress(Exception):  # an exception of the user's that cannot be printed
            if isinstance(error, SyntaxError) or any(map(self._is_ours, files)):
                return told_with_line(error)
            return f"{type(error).__name__}: {error}"
        return type(error).__name__

    def _send(self, message: Mapping[str, Any]) -> None:
        view = memoryview(messages.packed(message))
        while view:
            view = view[os.write(self._post.writes, view) :]


class _Elsewhere:
    """The workspace of a worker that may not reach it, being under another account."""

    @property
    def cache(self) -> Any:
        raise InvalidJobError(
            "the DAG has functions that no file holds, and the suite runs as another account; move them"
        )


def main(text: str) -> None:
    """Be the worker that the text, a ``Post`` as JSON, describes; does not return."""
    post = Post(**json.loads(text))
    for descriptor in (post.reads, post.writes):
        os.set_inheritable(descriptor, False)
    killing.adopt_orphans()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.enable(file=2)
    code = 1
    try:
        os.chdir(post.folder)
        sys.path.insert(0, post.folder)
        sys.argv[:] = [""]
        Worker(post).run()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)  # also where threads of the user's would keep the process


if __name__ == "__main__":
    # What others import of this module must be the same objects as here.
    from dtscheduler.suites import worker as this_module

    this_module.main(sys.argv[1])
