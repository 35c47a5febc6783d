"""Which code an inline run executes: that of its own work dir as it stands now."""

import sys

import pytest

from dtscheduler import DAG, Task, use


@pytest.fixture(autouse=True)
def place(tmp_path):
    workspace = use(tmp_path / "ws")
    yield workspace
    workspace.close()
    for name in [name for name in sys.modules if name.startswith("inline_steps")]:
        del sys.modules[name]


@pytest.fixture
def says(tmp_path):
    """Run a function that returns a text, from a file ``inline_steps.py`` in a folder, inline."""

    def run(text, folder, **parameters):
        path = tmp_path / folder
        path.mkdir(exist_ok=True)
        source = f"from dtscheduler import batch\n\n@batch()\ndef f():\n    return {text!r}\n"
        (path / "inline_steps.py").write_text(source)
        made = DAG(Name=folder, DevRun=True, WorkDir=path, **parameters)
        Task(Name="f", Entrypoint="inline_steps.f", dag=made)
        return made.run(executor="inline").result("f")

    return run


def test_two_work_dirs_with_files_of_one_name_do_not_mix(says):
    assert [says("one", "a"), says("two", "b")] == ["one", "two"]


def test_a_file_that_was_edited_between_two_runs_is_read_again(says):
    assert [says("one", "a"), says("other", "a")] == ["one", "other"]


def test_a_result_is_never_kept_under_the_fingerprint_of_other_code(says):
    found = [says("one", "a", Reuse="content"), says("other", "a", Reuse="content")]
    assert found == ["one", "other"]


def test_the_callers_folder_and_path_are_as_before(says):
    import os

    before = os.getcwd(), list(sys.path), sys.stdout
    says("one", "a")
    assert (os.getcwd(), list(sys.path), sys.stdout) == before
