"""Where the code of a job is: in a registered image, or in the work dir of a dev run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from dtscheduler.errors import EntrypointError, ImageError
from dtscheduler.model.call import Environment
from dtscheduler.model.job import JobSpec
from dtscheduler.model.names import name_key
from dtscheduler.model.saved import ImageRecord
from dtscheduler.ports import ImageStore


class Registry:
    """Finds images, and says what a worker must be to execute a task.

    Args:
        open_store: opens the store in which images are registered.
        python: interpreter for dev runs.
    """

    def __init__(self, open_store: Callable[[], ImageStore], python: str) -> None:
        self._open_store, self._python = open_store, python

    def image(self, name: str, tag: str) -> ImageRecord:
        """Find a registered image. Raises ``ImageError`` with the command that registers it."""
        found = [image for image in self._open_store().images() if name_key(image.name) == name_key(name)]
        for image in found:
            if image.tag == tag:
                return image
        others = f" (it is registered under {', '.join(image.tag for image in found)})" if found else ""
        raise ImageError(
            f"image {name!r} is not registered under tag {tag!r}{others}; register the folder that holds its code: "
            f'dtscheduler image add "{name}" --path FOLDER --tag {tag}'
        )

    def environments(self, spec: JobSpec, account: str | None) -> list[Environment]:
        """For every task of a job, what a worker must be to execute it.

        Args:
            spec: the job.
            account: the account that its tasks run under; None for that of this process.

        Raises:
            ImageError: an image is not registered.
            EntrypointError: functions that no file holds can be executed by this account alone.
        """
        if account and any(task.code for task in spec.tasks):
            raise EntrypointError(
                f"job {spec.name!r} runs as {account!r} and has functions that no file holds; move them to a file"
            )
        if spec.dev_run:
            _check_there(spec.work_dir, account, f"the WorkDir of job {spec.name!r}", "put it back")
            own = Environment(python=self._python, work_dir=spec.work_dir, account=account)
            return [own] * len(spec.tasks)
        names = {task.image or spec.image or "" for task in spec.tasks}
        images = {name: self.image(name, spec.tag) for name in sorted(names)}
        for image in images.values():
            _check_there(image.path, account, f"the folder of image {image.name!r}", "register the image anew")
        by_name = {n: Environment(python=i.python, work_dir=i.path, account=account) for n, i in images.items()}
        return [by_name[task.image or spec.image or ""] for task in spec.tasks]


def _check_there(folder: str | None, account: str | None, title: str, remedy: str) -> None:
    """Raise ``ImageError`` where a folder is gone; what another account sees is not ours to judge."""
    if folder is not None and account is None and not Path(folder).is_dir():
        raise ImageError(f"{title} is not there any more: {folder}; {remedy}")
