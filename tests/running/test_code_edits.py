"""Which edits of a work dir change the fingerprint of a task: all that can change what it computes, and nothing cosmetic."""

import pytest
from code_programs import PROGRAMS, written

from dtscheduler.running.code import file_code

SEMANTIC = [
    ("job", "value * by", "value + by"),
    ("job", "by=2", "by=3"),
    ("job", "FACTOR = 1000", "FACTOR = 1001"),
    ("job", "FACTOR = 1000", "FACTOR = 1000.0"),
    ("job", '["a", "b"]', '["b", "a"]'),
    ("job", "rate = 0.5", "rate = 0.6"),
    ("job", "x * 0.9", "x * 0.8"),
    ("job", "y + 7", "y + 8"),
    ("job", "q * 11", "q * 12"),
    ("job", 'n != "z"', 'n != "a"'),
    ("job", "@batch()\ndef size(value", '@batch({"day": "rundate"})\ndef size(day, value'),
    ("job", "far=None", "far=1"),
    ("job", "LIMIT = 3", "LIMIT = 4"),
    ("job", 'DEEP = {"x": 1}', 'DEEP = {"x": 2}'),
    ("job", "deeper(value) * 2", "deeper(value) * 3"),
    ("job", "value + DEEP", "value - DEEP"),
    ("job", "math.floor", "math.ceil"),
    ("job", "import math\n", "import cmath as math\n"),
    ("job", "RATE = 9", "RATE = 10"),
    ("job", "x * RATE", "x / RATE"),
    ("job", "import offer, refuse", "import refuse as offer"),
    ("job", "bend as twist, LIMIT", "deeper as twist, LIMIT"),
    ("job", "FACTOR = 1000\n", "FACTOR = 1000\nFACTOR = 2\n"),
    ("job", "return total +", "return 1 + total +"),
    ("job", "def near(", "import functools\n@functools.lru_cache\ndef near("),
    ("job", "len(pick)", "sum(map(len, pick))"),
    ("job", "UNUSED = 5", "def len(x): return 9"),
    ("job", "UNUSED = 5", "FACTOR += 5"),
    ("job", "UNUSED = 5", "helpers.LIMIT = 5"),
    ("job", "UNUSED = 5", 'NAMES.append("c")'),
    ("job", "UNUSED = 5", "del NAMES[0]"),
    ("job", "UNUSED = 5", "near.__defaults__ = (9,)"),
    ("job", "UNUSED = 5", "Model.rate = 9"),
    ("job", "UNUSED = 5", 'setattr(Model, "rate", 9)'),
    ("job", "UNUSED = 5", "for Model.rate in range(3): pass"),
    ("job", "UNUSED = 5", "if os.name: FACTOR = 3"),
    ("job", "UNUSED = 5", 'globals()["FACTOR"] = 9'),
    ("job", "UNUSED = 5", 'exec("FACTOR = 9")'),
    ("job", "UNUSED = 5", 'os.environ["X"] = "1"'),
    ("job", "UNUSED = 5", "import functools\n_ = functools.reduce(setattr, [])"),
    ("job", "UNUSED = 5", "[NAMES.append(i) for i in range(3)]"),
    ("job", "UNUSED = 5", "X = NAMES.pop()"),
    ("job", "UNUSED = 5", "Y = (FACTOR := 7)"),
    ("job", "UNUSED = 5", "class Meta(Model, metaclass=type(Model)): near.by = 3"),
    ("more", "x + 1\n", "x + 5\n"),
    ("more", "f(*args) * 2", "f(*args) * 3"),
    ("more", '"EUR"', '"USD"'),
    ("more", "notional: float", "notional: int"),
    ("more", "frozen=True", "frozen=False"),
    ("more", "default_factory=list", "default_factory=dict"),
    ("more", "factor = 4", "factor = 5"),
    ("more", "super().go() + 1", "super().go() + 2"),
    ("more", "class Child(Base)", "class Child(object)"),
    ("more", "from math import isqrt", "from numpy import isqrt"),
    ("more", "int(n ** 0.5)", "round(n ** 0.5)"),
    ("more", "SHIFT = 20", "SHIFT = 21"),
    ("more", "SHIFT = 30", "SHIFT = 31"),
    ("more", '"abc"', '"ab"'),
    ("more", "COUNT = 0", "COUNT = 10"),
    ("more", "COUNT += 1", "COUNT += 2"),
    ("more", "value: int = 5", "value: int = 6"),
    ("more", "value: int = 5", "value: float = 5"),
    ("more", "START = 5", "START = 6"),
    ("more", "x + 8", "x + 9"),
    ("more", "RATE = 6", "RATE = 7"),
    ("more", "BONUS = 7", "BONUS = 8"),
    ("more", "def one(): return 1", "def one(): return 3"),
    ("more", '["starred"]', "[]"),
    ("effects", "random.seed(1)", "random.seed(2)"),
    ("effects", '"fast"', '"slow"'),
    ("effects", "x + 1", "x + 2"),
    ("effects", '@register("one")', '@register("two")'),
    ("effects", "REGISTRY[name] = f", "REGISTRY[name] = lambda x: 2"),
    ("effects", 'LIMITS["FR"] = 3', 'LIMITS["FR"] = 4'),
    ("effects", 'Name="More")\n', 'Name="More")\nrandom.seed(3)\n'),
    ("effects", "    parts = []", "    random.seed(4)\n    parts = []"),
    ("effects", "import os\n", "import os, sys\nsys.setrecursionlimit(50)\n"),
    ("dynamic", "return 2", "return 3"),
    ("dynamic", '"anything": 3', '"anything": 4'),
    ("dynamic", "VALUES[name]", "VALUES[name] + 1"),
    ("mains", "return 1", "return 5"),
    ("mains", '"size": first', '"size": third'),
]

COSMETIC = [
    ("job", "import os\n", '"""What it does."""\n# a comment\nimport os\n'),
    ("job", "import os\n", ""),
    ("job", "import os\n", "import os, sys, json as j\n"),
    ("job", "import os\nimport helpers\n", "import helpers\n\n\nimport os\n"),
    ("job", "UNUSED = 5", "UNUSED = 6"),
    ("job", "UNUSED = 5", "THIRD = compile\n\n\ndef more():\n    return UNUSED\n"),
    ("job", "UNUSED = 5", "class More(Model):\n    rate = 1\n"),
    ("job", "value - 3", "value - 4"),
    ("job", "rate = 0.7", "rate = 0.8"),
    ("job", "def refuse(x): return x - RATE", "def refuse(x): return x + RATE"),
    ("job", "def unused(value): return value", ""),
    ("job", "FACTOR = 1000", "FACTOR = 1_000"),
    ("job", "FACTOR = 1000", "FACTOR = 0x3E8"),
    ("job", "FACTOR = 1000", "FACTOR = (1000)"),
    ("job", "FACTOR = 1000\n", "FACTOR = 1000; "),
    ("job", 'FACTOR = 1000\nNAMES = ["a", "b"]', 'NAMES = ["a", "b"]\nFACTOR = 1000'),
    ("job", '["a", "b"]', "['a', 'b',]"),
    ("job", '["a", "b"]', "['a', '' 'b']  # two"),
    ("job", "return value * by", "pass\n    return (value\n        * by)"),
    ("job", "    return value * by", '    """Near."""\n    return value * by'),
    ("job", "    return value * by", '    "Near."; ...; return value * by'),
    ("job", "class Model:\n", 'class Model:\n    """A model."""\n\n'),
    ("job", "(lambda q: q * 11)", "(lambda q: (q * 11))"),
    ("job", "total = near", "total: float = near"),
    ("job", "def inner(y):\n        return y + 7", "def inner(y): return y + 7"),
    ("job", "--- helpers.py\n", "--- more.py\nx = 1\n--- helpers.py\n"),
    ("job", "@batch()\n", "@batch()  # the task\n"),
    ("job", "def near(value, by=2):\n    return value * by\n\n", ""),
    ("more", "x + 2", "x + 3"),
    ("more", "def idle(x): return x", "def idle(x): return -x"),
    ("more", "def two(): return 2", "def two(): return 3"),
    ("more", "IDLE = 8", "IDLE = 9"),
    ("more", "def never(): return 0", "def never(): return 1"),
    ("more", "COUNT = 0\n", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import rates\nCOUNT = 0\n"),
    ("more", "COUNT = 0\n", "import re\nPATTERN = re.compile('x')\nCOUNT = 0\n"),
    ("more", "\nCOUNT = 0\n", '\n"""Counts."""\nCOUNT = 0 # from here\n'),
    ("effects", 'IDLE["FR"] = 3', 'IDLE["FR"] = 4'),
    ("effects", "random.seed(7)", "random.seed(8)"),
    ("effects", "return 3", "return 4"),
    ("effects", "range(12)", "range(1, 13)"),
    ("effects", 'Name="Sizes"', 'Name="All sizes", Tag="dev"'),
    ("effects", 'last.alias("last one")', "last.options(CPU=100)"),
    ("effects", "job.save()", "job.run()"),
    ("effects", "tasks >> cells\n", ""),
    ("effects", 'print(job.last_run)', 'print(job.last_run.result("x"))'),
    ("effects", "import os\n", "import os, sys\n"),
    ("dynamic", "X = 1", "X = 2"),
    ("dynamic", "def red(): return 1", "def red():\n    return 1"),
    ("mains", "IDLE = 1", "IDLE = 2"),
    ("mains", "def fourth(): return 4", ""),
]  # fmt: skip


def edited(program, old, new):
    """The one place edited; a function that is moved to the end of its file is written as an edit to nothing."""
    assert program.count(old) == 1, old
    if new == "" and old.startswith("def near"):
        return program.replace(old, "").replace("--- helpers.py", f"{old}--- helpers.py")
    return program.replace(old, new)


def fingerprints(tmp_path, program, old, new):
    text = PROGRAMS[program]
    folders = written(text, tmp_path / "before"), written(edited(text, old, new), tmp_path / "after")
    return [file_code(folder, "job.size").fingerprint for folder in folders]


@pytest.mark.parametrize(("program", "old", "new"), SEMANTIC, ids=[f"{old} → {new}" for _, old, new in SEMANTIC])
def test_an_edit_that_can_change_the_result_always_counts(tmp_path, program, old, new):
    before, after = fingerprints(tmp_path, program, old, new)
    assert before != after


@pytest.mark.parametrize(("program", "old", "new"), COSMETIC, ids=[f"{old} → {new}" for _, old, new in COSMETIC])
def test_an_edit_that_cannot_change_the_result_never_counts(tmp_path, program, old, new):
    before, after = fingerprints(tmp_path, program, old, new)
    assert before == after
