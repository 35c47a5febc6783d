"""What can go wrong, as one family.

SchedulerError
├── InvalidJobError (ValueError)          a DAG, a task or one of their parameters
│   ├── UnknownParameterError (TypeError) a keyword that is not one
│   ├── InvalidScheduleError              a Schedule
│   └── BindingError                      a function's parameter that nothing fills, or two things fill
├── EntrypointError                       code that cannot be found, imported or is not an entrypoint
├── ImageError                            an image that is not registered, or cannot be used
├── NotFoundError (LookupError)           no such job, run, task, image - or not yours to see
├── AccessError                           something that you may see and not change
├── RunError                              a run that cannot do what was asked of it
│   ├── PlanChangedError                  a plan that no longer holds
│   └── WorkerError                       a worker process that cannot be started
├── ResultError                           a result that is missing, damaged or cannot be stored
│   └── ResultMissingError
├── AlertError                            a mail, an SMS or a chat message that could not be sent
└── WorkspaceError                        the place where everything is kept
    ├── StoreVersionError                 the store was written by a newer dtscheduler
    ├── DamagedError                      something that was kept and cannot be read any more
    └── LeaseLostError                    another process drives the run now
"""


class SchedulerError(Exception):
    """Base of every error that dtscheduler raises on purpose."""


class InvalidJobError(SchedulerError, ValueError):
    """A DAG, a task or one of their parameters is not what it may be."""


class UnknownParameterError(InvalidJobError, TypeError):
    """A keyword that the constructor does not have."""


class InvalidScheduleError(InvalidJobError):
    """A Schedule whose parameters contradict each other, or that can never fire."""


class BindingError(InvalidJobError):
    """A parameter of a function that nothing fills, or that two upstream tasks would fill."""


class EntrypointError(SchedulerError):
    """Code that cannot be found or imported, or a function that is not an entrypoint."""


class ImageError(SchedulerError):
    """An image that is not registered, or whose interpreter cannot be used."""


class NotFoundError(SchedulerError, LookupError):
    """No such job, run, task, part or image in this workspace."""


class AccessError(SchedulerError):
    """Something that may be seen and not changed, or an account that may not be used."""


class RunError(SchedulerError):
    """A run cannot do what was asked of it in the state it is in."""


class PlanChangedError(RunError):
    """A plan that no longer holds: the job, its code or what could be reused has changed since it was made."""


class WorkerError(RunError):
    """A worker process could not be started."""


class ResultError(SchedulerError):
    """A result that cannot be stored or read back."""


class ResultMissingError(ResultError, LookupError):
    """A result that is not in the cache, or whose entry is damaged."""


class AlertError(SchedulerError):
    """A message that could not be sent: the server, the settings or the recipient has to be corrected."""


class WorkspaceError(SchedulerError):
    """The workspace cannot be opened or used."""


class StoreVersionError(WorkspaceError):
    """The store was written by a newer dtscheduler."""


class DamagedError(WorkspaceError):
    """Something that was kept and cannot be read any more."""


class LeaseLostError(WorkspaceError):
    """Another process has taken over the run; what this one still knows of it is out of date."""
