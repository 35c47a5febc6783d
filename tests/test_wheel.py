"""The wheel: built, installed alone into a clean environment, and used there."""

import os
import subprocess
import sys
import sysconfig
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from zipfile import ZipFile

import pytest

import dtscheduler

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A new environment with the wheel in it; the dependencies are those of this one, but not its dtscheduler."""
    folder = tmp_path_factory.mktemp("wheel")
    offline = ["--no-isolation"] if find_spec("hatchling") else []
    run(sys.executable, "-m", "build", "--wheel", *offline, "--outdir", folder, ROOT, cwd=folder)
    [wheel] = folder.glob("*.whl")
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv", cwd=folder)
    python = folder / "venv" / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-index", "--no-deps", wheel, cwd=folder)
    own = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip())
    dependencies = dict.fromkeys(sysconfig.get_path(kind) for kind in ("purelib", "platlib"))
    (own / "dependencies.pth").write_text("\n".join(dependencies) + "\n")  # links of editable installs are not followed
    return SimpleNamespace(
        run=lambda *command: run(python.with_name(command[0]), *command[1:], cwd=folder),
        files=set(ZipFile(wheel).namelist()),
        folder=own,
    )


def run(*command, cwd):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment["DTSCHEDULER_HOME"] = str(cwd / "workspace")
    done = subprocess.run(list(map(str, command)), cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_installed_package_is_the_one_of_the_wheel(installed):
    printed = installed.run("python", "-c", "import dtscheduler; print(dtscheduler.__file__)")
    assert Path(printed.strip()) == installed.folder / "dtscheduler" / "__init__.py"


SAME = """
import dt.scheduler, dt.scheduler.api, dtscheduler, dtscheduler.api
for name in ("batch", "DAG", "Task", "ParallelTask", "Schedule", "Priority"):
    print(len({id(getattr(place, name)) for place in (dtscheduler, dtscheduler.api, dt.scheduler, dt.scheduler.api)}))
"""


def test_all_import_paths_give_the_same_objects(installed):
    assert installed.run("python", "-c", SAME).split() == ["1"] * 6


def test_dt_is_a_namespace_that_others_can_share(installed):
    assert "dt/scheduler/__init__.py" in installed.files
    assert "dt/__init__.py" not in installed.files


@pytest.mark.parametrize("command", ["dtscheduler", "dts"])
def test_the_command_is_installed(installed, command):
    assert dtscheduler.__version__ in installed.run(command, "--version")


@pytest.mark.parametrize(
    "file",
    [
        "dtscheduler/py.typed",
        "dtscheduler/examples/flight_delays.py",
        "dtscheduler/ui/streamlit/script.py",
        "dtscheduler/ui/streamlit/studio/theme.toml",
        "dtscheduler/ui/assets/dagview.js",
        "dtscheduler/ui/assets/dagview.css",
        "dtscheduler/ui/assets/icon.svg",
        "dtscheduler/stores/sql/migrations/env.py",
        "dtscheduler/stores/sql/migrations/script.py.mako",
        "dtscheduler/stores/sql/migrations/versions/0001_first_tables.py",
    ],
)
def test_what_is_needed_at_run_time_is_inside(installed, file):
    assert file in installed.files


def test_nothing_else_is_inside(installed):
    tops = {file.partition("/")[0] for file in installed.files}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"dtscheduler", "dt"}


RUN = """
from dt.scheduler import DAG, batch

@batch()
def load():
    return 41

@batch()
def add_one(load):
    return load + 1

with DAG(Name="Sums", DevRun=True, WorkDir=".") as dag:
    add_one(load())
print(dag.save().version, dag.last_run.status, dag.last_run.result("add_one"))
"""


def test_a_dag_is_run_and_saved_there(installed):
    assert installed.run("python", "-c", RUN) == "1 completed 42\n"
