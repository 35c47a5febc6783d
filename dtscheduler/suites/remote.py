"""A suite whose code is imported and called by another process: with the face of a suite, and a state."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dtscheduler.api.place import workspace
from dtscheduler.api.suites import Built
from dtscheduler.clock import SystemClock
from dtscheduler.errors import SchedulerError
from dtscheduler.forms.fields import Choice, Field, Problem
from dtscheduler.forms.wire import problems_from_wire
from dtscheduler.ports import Clock
from dtscheduler.suites import messages
from dtscheduler.suites.listing import SuiteRef
from dtscheduler.suites.messages import CHECK, CHOICES, CONSTRUCT, DESCRIBE, Description, SuiteError
from dtscheduler.suites.process import Launch, SuiteProcess
from dtscheduler.suites.states import Files, states_of
from dtscheduler.suites.states import Stage as Stage
from dtscheduler.suites.states import State as State

_TRIES = 3


class RemoteSuite:
    """A suite in another process; several threads may use it.

    The process is started when something is asked that needs it, and again when it has died, was idle, or a file
    that it had imported has changed. No call lasts longer than the times given here.

    Args:
        ref: the suite.
        variables: environment variables with which its process finds the workspace. Default: that of whoever asks
            when the process is started.
        account: the account that it runs under; None is that of this process.
        patience_seconds: how long ``fields`` and the questions wait for the module to be imported.
        loading_seconds: how long the module may take to be imported before it is given up.
        answer_seconds: how long the suite may take to answer one question before its process is ended.
        idle_seconds: after how long without a question the process ends; what is known of the suite stays.
        clock: what time it is.
    """

    def __init__(
        self,
        ref: SuiteRef,
        *,
        variables: Mapping[str, str] | None = None,
        account: str | None = None,
        patience_seconds: float = 5.0,
        loading_seconds: float = 600.0,
        answer_seconds: float = 60.0,
        idle_seconds: float = 900.0,
        clock: Clock | None = None,
    ) -> None:
        self.ref = ref
        self._variables, self._account, self._idle = variables, account, idle_seconds
        self._patience, self._longest_loading, self._longest = patience_seconds, loading_seconds, answer_seconds
        self._clock = clock or SystemClock()
        self._process: SuiteProcess | None = None
        self._loading: Future[dict[str, Any]] | None = None
        self._closed = False
        self._description: Description | None = None
        self._files: Files = {}
        self._state = State(Stage.WAITING, self._clock.now())
        self._renew_locks()

    @property
    def name(self) -> str:
        """The name of the suite's function."""
        return self.ref.name

    @property
    def title(self) -> str:
        """What the form is headed with."""
        return self._description.title if self._description else self.ref.title

    @property
    def doc(self) -> str:
        """What the suite is for."""
        return self._description.doc if self._description else self.ref.doc

    @property
    def state(self) -> State:
        """How far it is; asking starts nothing."""
        with self._locked():
            self._look()
            return self._state

    @property
    def changed(self) -> bool:
        """Whether a file that it was imported from, or should have been, is not as it was any more."""
        with self._locked():
            self._look()
            return self._changed()

    @property
    def log(self) -> str:
        """The end of what the suite's code has printed, of its present process or the latest one."""
        with self._locked():
            return self._process.log if self._process else ""

    @property
    def fields(self) -> tuple[Field, ...]:
        """What is asked for; loads the suite if it was not tried yet, or a file has changed since.

        Raises:
            SuiteError: it is still loading, could not be loaded, or was cancelled; see ``state``.
        """
        with self._locked():
            self._raise_if_closed()
            self._look()
            if self._state.stage is Stage.WAITING or self._changed():
                self._begin()
        return self._known(self._patience).fields

    def load(self) -> State:
        """Begin to load the suite, unless it is loading or loaded and no file has changed; returns at once."""
        with self._locked():
            self._raise_if_closed()
            self._look()
            if self._state.stage is not Stage.LOADING and (self._state.stage is not Stage.READY or self._changed()):
                self._begin()
            return self._state

    def wait(self, seconds: float) -> State:
        """Wait until it is loaded or could not be, but no longer than so many seconds."""
        with self._locked():
            loading = self._loading
        if loading is not None:
            _settled(loading, seconds)
        return self.state

    def check(self, plain: Mapping[str, Any]) -> tuple[Problem, ...]:
        """What is wrong with values; that it cannot be told is a problem of the whole form."""
        try:
            return problems_from_wire(self._ask(CHECK, plain))
        except SuiteError as error:
            return (Problem((), str(error)),)

    def choices(self, plain: Mapping[str, Any]) -> dict[str, tuple[Choice, ...]]:
        """The choices of fields that depend on others; none where the suite cannot tell, and ``state`` says why."""
        try:
            return messages.offers_from_wire(self._ask(CHOICES, plain))
        except SuiteError:
            return {}

    def construct(self, plain: Mapping[str, Any]) -> Built:
        """Build the DAGs; whatever goes wrong, also the end of the process, is told as problems."""
        try:
            return messages.built_from_wire(self._ask(CONSTRUCT, plain))
        except SchedulerError as error:
            return Built(problems=(Problem((), str(error)),))

    def cancel(self) -> None:
        """End the process and all it has started, whatever it does; ``load`` begins anew."""
        with self._locked():
            self._look()
            if self._process is not None and self._process.alive:
                self._process.end(f"{self.ref.entrypoint} was cancelled")
                self._loading = None
                self._become(Stage.CANCELLED, "cancelled")

    def rest(self) -> None:
        """End the process for now, unless it is importing the suite; what is known stays, and a question begins it anew."""
        with self._locked():
            self._look()
            if self._process is None or self._state.stage is Stage.LOADING or not self._turn.acquire(blocking=False):
                return
            try:
                self._process.end(f"{self.ref.entrypoint} was not used")
            finally:
                self._turn.release()

    def close(self) -> None:
        """End the process for good."""
        with self._locked():
            self._closed, self._loading = True, None
            if self._process is not None:
                self._process.end("the suite was closed")

    def __enter__(self) -> RemoteSuite:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __del__(self) -> None:
        process = getattr(self, "_process", None)
        if process is not None:
            process.end("nobody uses the suite any more")

    def __repr__(self) -> str:
        return f"<RemoteSuite {self.ref.entrypoint} in {self.ref.place.title}: {self._state.stage}>"

    def _known(self, seconds: float) -> Description:
        state = self.wait(seconds)
        with self._locked():
            if self._description is not None and state.stage in (Stage.READY, Stage.FAILED):
                return self._description
        raise SuiteError(self._unready(state))

    def _unready(self, state: State) -> str:
        if state.stage is Stage.LOADING:
            return f"{self.ref.entrypoint} is being imported since {state.since:%H:%M:%S} UTC"
        if state.stage is Stage.CANCELLED:
            return f"{self.ref.entrypoint} was cancelled; load it again"
        return state.reason or f"{self.ref.entrypoint} is not loaded"

    def _ask(self, what: str, plain: Mapping[str, Any]) -> Any:
        """The answer to a question. Raises ``SuiteError``."""
        with self._locked():
            turn = self._turn
        if not turn.acquire(timeout=self._longest):
            raise SuiteError(f"{self.ref.entrypoint} is busy with another question")
        try:
            for _ in range(_TRIES):
                process = self._loaded()
                question = process.ask(what, plain)
                if question is not None:  # else nobody had asked it for so long that it has just ended
                    return self._answer(process, question)
            raise SuiteError(f"{self.ref.entrypoint}: its process ends as soon as it is loaded")
        finally:
            turn.release()

    def _loaded(self) -> SuiteProcess:
        """The process, once it has imported the suite. Raises ``SuiteError``."""
        with self._locked():
            self._raise_if_closed()
            self._look()
            if self._state.stage is Stage.CANCELLED:
                raise SuiteError(self._unready(self._state))
            gone = self._process is None or not self._process.alive
            if self._state.stage is not Stage.LOADING and (gone or self._changed()):
                self._begin()
        state = self.wait(self._patience)
        with self._locked():
            if self._process is None or state.stage is not Stage.READY:
                raise SuiteError(self._unready(state))
            return self._process

    def _answer(self, process: SuiteProcess, question: Future[dict[str, Any]]) -> Any:
        if not _settled(question, self._longest):
            process.end(f"{self.ref.entrypoint} did not answer within {self._longest:g} s, and was ended")
            _settled(question, self._longest)
        try:
            answer = question.result(0)
        except (SuiteError, TimeoutError) as error:
            reason = self._told(error)
            with self._locked():
                if self._process is process and self._state.stage is not Stage.CANCELLED:
                    self._become(Stage.FAILED, reason)
            raise SuiteError(reason) from error
        with self._locked():
            self._note(answer)
        if "failed" in answer:
            raise SuiteError(answer["failed"])
        return answer["answer"]

    def _raise_if_closed(self) -> None:
        if self._closed:
            raise SuiteError(f"{self.ref.entrypoint} is closed")

    def _begin(self) -> None:
        """Start a process and have it import the suite; the caller holds the lock."""
        if self._process is not None:
            self._process.end()
        if self._changed():
            self._description = None
        self._files = states_of([self.ref.file])
        self._become(Stage.LOADING)
        try:
            self._process = SuiteProcess(self._launch())
        except SchedulerError as error:
            self._process = None
            self._become(Stage.FAILED, self._told(error))
            return
        self._loading = self._process.ask(DESCRIBE)
        if self._loading is None:
            self._become(Stage.FAILED, f"{self.ref.entrypoint}: its process ended at once")

    def _launch(self) -> Launch:
        """How the process is started; the workspace is that of whoever asks."""
        folder = self.ref.place.folder
        if self._account is None and not Path(folder).is_dir():  # what another account sees is not ours to judge
            raise SuiteError(f"its folder is not there any more: {folder}")
        variables = workspace().settings.as_variables() if self._variables is None else self._variables
        return Launch(ref=self.ref, variables=variables, account=self._account, idle_seconds=self._idle)

    def _look(self) -> None:
        """Take in what has happened to the loading since; the caller holds the lock."""
        if self._loading is None:
            return
        if not self._loading.done():
            lasted = (self._clock.now() - self._state.since).total_seconds()
            if lasted > self._longest_loading and self._process is not None:
                self._fail(f"{self.ref.entrypoint} was not imported within {self._longest_loading:g} s, and was ended")
            return
        loading, self._loading = self._loading, None
        try:
            answer = loading.result()
        except SuiteError as error:
            self._become(Stage.FAILED, self._told(error))
            return
        self._note(answer)
        if "failed" in answer:
            self._fail(answer["failed"])
            return
        self._description = messages.description_from_wire(answer["answer"])
        self._become(Stage.READY)

    def _fail(self, reason: str) -> None:
        """Give a suite up that could not be loaded: its module may be half imported."""
        if self._process is not None:
            self._process.end(reason)
        self._loading = None
        self._become(Stage.FAILED, reason)

    def _note(self, answer: Mapping[str, Any]) -> None:
        found = {path: (state[0], state[1]) for path, state in answer.get("files", {}).items()}
        self._files = {**found, **self._files}  # as they were before they were imported

    def _changed(self) -> bool:
        """Whether a file that the process has imported is not as it was any more."""
        return states_of(self._files) != self._files

    def _become(self, stage: Stage, reason: str = "") -> None:
        self._state = State(stage, self._clock.now(), reason)

    def _told(self, error: BaseException) -> str:
        return text if (text := str(error)).startswith(self.ref.entrypoint) else f"{self.ref.entrypoint}: {text}"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        if os.getpid() != self._pid:  # a fork has our memory, and neither the process nor the threads
            self._renew_locks()
            self._process = self._loading = None
            if self._state.stage is Stage.LOADING:
                self._become(Stage.WAITING)
        with self._lock:
            yield

    def _renew_locks(self) -> None:
        self._pid = os.getpid()
        self._lock, self._turn = threading.RLock(), threading.Lock()


def _settled(future: Future[Any], seconds: float) -> bool:
    """Whether a future is done within so many seconds."""
    from concurrent.futures import wait

    return bool(wait([future], timeout=seconds).done)
