"""Names that are strange: refused with the rule, or carried unchanged through saving, running, logs and listings."""

import unicodedata

import pytest

from dtscheduler import DAG, ParallelTask, Task, jobs, runs
from dtscheduler.errors import InvalidJobError, NotFoundError

pytestmark = pytest.mark.usefixtures("one_core")

CARRIED = {
    "emoji": "🚀 to the 🌙",
    "a family of emoji": "👨\u200d👩\u200d👧",
    "right-to-left letters": "דוח יומי",
    "arabic": "تقرير",
    "a slash": "a/b",
    "dots": "..",
    "a way out": "../../etc/passwd",
    "a leading dash": "-rf",
    "a leading double dash": "--help",
    "single quotes": "it's",
    "double quotes": 'say "hi"',
    "html": "<script>alert(1)</script>",
    "a formula": '=cmd|"/C calc"!A0',
    "sql": "'; DROP TABLE jobs; --",
    "a wildcard": "%_*?[a]",
    "a format": "{0} %s ${HOME} `id`",
    "a backslash": "C:\\temp\\new",
    "a percent-escape": "%2e%2e%2f",
    "composed": unicodedata.normalize("NFC", "Été"),
    "decomposed": unicodedata.normalize("NFD", "Été"),
    "the longest": "x" * 200,
    "a device": "CON",
    "a zero": "0",
}

REFUSED = {
    "empty": ("", "is empty"),
    "10 kB": ("x" * 10_000, "has 10000 characters; at most 200 are allowed"),
    "10 kB of letters that are not ascii": ("é" * 10_000, "has 10000 characters; at most 200 are allowed"),
    "NUL": ("a\0b", r"contains U\+0000; control characters"),
    "newline": ("a\nb", r"contains U\+000A; control characters, line breaks"),
    "a newline at its end": ("a\n", "starts or ends with white space"),
    "an escape sequence": ("\x1b[31mred", r"contains U\+001B; control characters"),
    "line separator": ("a\u2028b", r"contains U\+2028"),
    "marks that reorder text": ("invoice\u202efdp.exe", r"contains U\+202E; .* marks that reorder text"),
    "lone surrogate": ("a\ud800b", r"contains U\+D800; .* lone surrogates"),
    "space": (" ", "starts or ends with white space"),
    "space at its start": (" a", "starts or ends with white space"),
    "space that is not ascii at its end": ("a\u00a0", "starts or ends with white space"),
    "no text": (7, "must be a str, not int"),
    "bytes": (b"a", "must be a str, not bytes"),
}


def each(names):
    return pytest.mark.parametrize("name", list(names.values()), ids=list(names))


SAY = {
    "letters.py": """
        from dtscheduler import batch

        @batch()
        def say(sub_job_name):
            print(sub_job_name)
            return sub_job_name
        """
}


def named(name, **parameters):
    """A DAG in which the job, a task, a part and a label have a name."""
    dag = DAG(Name=name, Labels=[name], **parameters)
    Task(Name=name, Entrypoint="letters.say", dag=dag)
    parts = [{"Name": name, "Description": name}, {"Name": "other", "Description": ""}]
    ParallelTask(Name="parts", Entrypoint="letters.say", ConfigurationJson=parts, dag=dag)
    return dag


@each(CARRIED)
def test_a_strange_name_is_carried_through_saving_and_listing(name, image):
    image("Letters", SAY)
    job = named(name, Image="Letters").save()
    assert [found.name for found in jobs()] == [name] == [job.name]
    assert [found.record.labels for found in jobs(label=name)] == [(name,)]
    assert named(name, Image="Letters").save().version == 1


@each(CARRIED)
def test_a_strange_name_is_carried_through_a_run_its_results_and_its_logs_and_names_no_file(name, image, workspace):
    image("Letters", SAY)
    run = named(name, Image="Letters").run()
    assert run.results() == {name: name, "parts": [name, "other"]}
    assert [run.log(name), run.log("parts", part=name)] == [f"{name}\n"] * 2
    assert list(run.task_runs()["part_name"]) == [name, name, "other"]
    assert [found.id for found in runs(job=name)] == [found.id for found in runs(label=name)] == [run.id]
    written = {part for path in workspace.home.rglob("*") for part in path.relative_to(workspace.home).parts}
    assert all(part.isascii() and (name not in part or name == "0") for part in written)


@each(CARRIED)
def test_an_image_may_have_a_strange_name(name, image):
    image(name, SAY)
    assert named("Letters", Image=name).run().status == "completed"


@pytest.mark.parametrize(("name", "rule"), list(REFUSED.values()), ids=list(REFUSED))
def test_a_name_that_cannot_be_kept_is_refused_with_the_rule(name, rule):
    dag = DAG(Name="Letters", Image="Letters")
    with pytest.raises(InvalidJobError, match=f"DAG.*: Name: .* {rule}"):
        DAG(Name=name)
    with pytest.raises(InvalidJobError, match=f"Task.*: Name: .* {rule}"):
        Task(Name=name, Entrypoint="letters.say", dag=dag)
    with pytest.raises(InvalidJobError, match=rf"ParallelTask 'parts': ConfigurationJson\[0\]\['Name'\]: .* {rule}"):
        parts = [{"Name": name, "Description": ""}]
        ParallelTask(Name="parts", Entrypoint="letters.say", ConfigurationJson=parts, dag=dag)


@pytest.mark.parametrize(("name", "rule"), list(REFUSED.values()), ids=list(REFUSED))
def test_a_complaint_about_a_name_is_short_and_fit_for_a_terminal(name, rule):
    with pytest.raises(InvalidJobError) as refused:
        DAG(Name=name)
    assert len(str(refused.value)) < 600
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("label", ["a\nb", "x" * 201, "a\0b", "a\u202eb"])
def test_a_label_follows_the_rules_of_names(label):
    with pytest.raises(InvalidJobError, match="DAG 'Letters': Labels: .* (contains|has 201)"):
        DAG(Name="Letters", Labels=[label])


# Two spellings of the same letters

COMPOSED, DECOMPOSED = CARRIED["composed"], CARRIED["decomposed"]


def test_two_spellings_of_the_same_letters_are_one_task():
    dag = DAG(Name="Letters", Image="Letters")
    Task(Name=COMPOSED, Entrypoint="letters.say", dag=dag)
    with pytest.raises(InvalidJobError, match="names of tasks are unique"):
        Task(Name=DECOMPOSED, Entrypoint="letters.say", dag=dag)
    assert dag[DECOMPOSED].name == COMPOSED


def test_two_spellings_of_the_same_letters_are_one_part():
    dag = DAG(Name="Letters", Image="Letters")
    parts = [{"Name": name, "Description": ""} for name in (COMPOSED, DECOMPOSED)]
    with pytest.raises(InvalidJobError, match=r"ConfigurationJson\[1\]\['Name'\] .* is that of part 0"):
        ParallelTask(Name="parts", Entrypoint="letters.say", ConfigurationJson=parts, dag=dag)


def test_two_spellings_of_the_same_letters_are_one_job(image):
    image("Letters", SAY)
    first, second = (named(name, Image="Letters").save() for name in (COMPOSED, DECOMPOSED))
    assert first.id == second.id
    assert len(jobs()) == 1


def test_two_spellings_of_the_same_letters_find_the_same_task_run(image):
    image("Letters", SAY)
    run = named(COMPOSED, Image="Letters").run()
    assert run.result(DECOMPOSED) == COMPOSED
    assert run.log("parts", part=DECOMPOSED) == f"{COMPOSED}\n"
    assert [found.id for found in runs(job=DECOMPOSED)] == [run.id]


def test_names_that_make_the_same_file_name_keep_their_logs_apart(image):
    image("Letters", SAY)
    alike = ["Task #1", "task-1", "Task 1", "task_1", "TASK-1", "Task/1"]
    dag = DAG(Name="Letters", Image="Letters")
    for name in alike:
        Task(Name=name, Entrypoint="letters.say", dag=dag)
    run = dag.run()
    assert [run.log(name) for name in alike] == [f"{name}\n" for name in alike]


@pytest.mark.parametrize("name", ["../letters", "*", "%", "", "letters"])
def test_a_name_that_is_only_like_another_finds_nothing(name, image):
    image("Letters", SAY)
    run = named("Letters", Image="Letters").run()
    with pytest.raises(NotFoundError):
        run.log(name)
    assert runs(job=name) == []
