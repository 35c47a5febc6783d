"""Where the code of a job can come from, and which entrypoints and suites are there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dtscheduler.images.listing import find_entrypoints
from dtscheduler.model.job import JobSpec
from dtscheduler.model.run import JobQuery

if TYPE_CHECKING:
    from dtscheduler.suites.listing import SuiteRef
    from dtscheduler.workspace import Workspace

MOST_OWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """Where the code of a job is: a registered image, or a folder as it stands."""

    image: str | None = None
    tag: str = "dev"
    folder: str | None = None

    @property
    def label(self) -> str:
        return self.folder if self.folder else f"{self.image} ({self.tag})"


def codes(place: Workspace, folders: Sequence[str]) -> list[Code]:
    """Where code can be taken from: the folders, and the registered images."""
    images = [Code(image=image.name, tag=image.tag) for image in place.images()]
    return [*(Code(folder=folder) for folder in folders), *images]


def code_of(spec: JobSpec) -> Code:
    """Where the code of a job is; of one whose tasks name images themselves, where the first of them finds it."""
    if spec.dev_run:
        return Code(folder=spec.work_dir)
    return Code(
        image=next(image for image in (spec.image, *(task.image for task in spec.tasks)) if image), tag=spec.tag
    )


def own_work_dirs(place: Workspace) -> list[str]:
    """The work dirs of the dev runs that whoever looks has saved: code of others is not offered to be imported.

    Who owns a job says nothing of that: somebody else may have named them.
    """
    mine = [job for job in place.jobs(JobQuery(owner=place.user, limit=MOST_OWN)) if job.saved_by == place.user]
    specs = (place.spec(record.spec_hash) for record in mine)
    return list(dict.fromkeys(spec.work_dir for spec in specs if spec.work_dir))


def suites_of(place: Workspace, folders: Sequence[str]) -> dict[str, SuiteRef]:
    """The suites in folders and in the registered images, by what names them in an address; nothing is executed."""
    from dtscheduler.suites.listing import find_suites

    found = find_suites(place.images(), folders)
    return {f"{ref.entrypoint} in {ref.place.title}": ref for ref in found}


def entrypoints_of(place: Workspace, code: Code) -> list[str]:
    """The entrypoints that there are, read from the files without executing any."""
    folder = code.folder or place.image(str(code.image), code.tag).path
    return find_entrypoints(Path(folder))
