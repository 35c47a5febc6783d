"""What holds for the whole code base: which way imports point, what an import costs, what no file may mention."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HEAVY = {"pandas", "numpy", "sqlalchemy", "pydantic", "click", "rich", "diskcache", "cloudpickle", "alembic", "asyncio"}
HEAVY |= {"streamlit", "ipywidgets", "altair"}
SKIPPED = {".git", ".venv", "dist", "build", "__pycache__", "node_modules"}


def test_imports_point_down_the_layers():
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "statement",
    [
        "import dtscheduler",
        "from dtscheduler import DAG, Task, ParallelTask, Schedule, Priority, batch",
        "import dt.scheduler",
        "from dtscheduler import Choices, Suite, grid, suite, zip_",
        "import dtscheduler.ui.streamlit",
    ],
)
def test_writing_a_dag_imports_nothing_heavy(statement):
    script = f"import sys\n{statement}\nprint(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert HEAVY.isdisjoint(modules)


def test_the_public_names_are_the_same_objects_under_every_import_path():
    import dt.scheduler
    import dt.scheduler.api

    import dtscheduler
    import dtscheduler.api

    for name in ("batch", "DAG", "Task", "ParallelTask", "Schedule", "Priority"):
        paths = (dtscheduler, dtscheduler.api, dt.scheduler, dt.scheduler.api)
        assert len({id(getattr(path, name)) for path in paths}) == 1


def test_every_public_name_is_there():
    import dtscheduler

    assert all(getattr(dtscheduler, name) is not None for name in dtscheduler.__all__)
    assert set(dtscheduler.__all__) <= set(dir(dtscheduler))


def test_every_part_of_pages_is_there():
    from dtscheduler.ui import streamlit

    assert all(callable(getattr(streamlit, name)) for name in streamlit.__all__)
    assert set(streamlit.__all__) <= set(dir(streamlit))
    with pytest.raises(AttributeError):
        _ = streamlit.form


def test_without_streamlit_the_parts_of_pages_say_what_to_install(monkeypatch):
    from dtscheduler.ui import streamlit

    monkeypatch.delitem(sys.modules, "dtscheduler.ui.streamlit.plans", raising=False)
    monkeypatch.delitem(vars(streamlit), "plan_table", raising=False)
    monkeypatch.setitem(sys.modules, "streamlit", None)
    with pytest.raises(ImportError, match=r'pip install "dtscheduler\[ui\]"'):
        _ = streamlit.plan_table


def test_a_name_that_is_not_public_is_not_there():
    import dtscheduler

    with pytest.raises(AttributeError, match="module 'dtscheduler' has no attribute 'Dag'"):
        _ = dtscheduler.Dag


def test_no_file_mentions_the_machine_it_was_written_on_or_where_packages_come_from():
    # written in two pieces, so that this file does not mention them either
    forbidden = [
        "/" + "root",
        "/" + "work/",
        "pypi" + ".org",
        "files.python" + "hosted",
        "index" + "-url",
        "find" + "-links",
    ]
    found = [f"{path.relative_to(ROOT)}: {text}" for path, content in texts() for text in forbidden if text in content]
    assert found == []


def texts():
    """All text files of the project, as git would list them."""
    for path in ROOT.rglob("*"):
        inside = path.relative_to(ROOT).parts
        if path.is_file() and not SKIPPED & set(inside) and not (inside[0].startswith(".") and inside[0] != ".ci"):
            try:
                yield path, path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue
