"""Small projects whose task is ``job.size``; each holds most of the ways in which code reaches other code."""

from pathlib import Path
from textwrap import dedent

JOB = """
--- job.py
import os
import helpers
from helpers import bend as twist, LIMIT
from pack import offer
from dtscheduler import batch

FACTOR = 1000
NAMES = ["a", "b"]
UNUSED = 5

def near(value, by=2):
    return value * by

def far(value):
    return value - 3

class Model:
    rate = 0.5
    def price(self, x):
        return self.discount(x) + self.rate
    def discount(self, x):
        return x * 0.9

class Other:
    rate = 0.7

@batch()
def size(value, far=None):
    total = near(value) + twist(value) + FACTOR * LIMIT
    pick = [n for n in NAMES if n != "z"]
    def inner(y):
        return y + 7
    return total + inner(1) + Model().price(2) + helpers.cut(3) + offer(4) + len(pick) + (lambda q: q * 11)(1)
--- helpers.py
import math
LIMIT = 3
DEEP = {"x": 1}
def bend(value): return deeper(value) * 2
def deeper(value): return value + DEEP["x"]
def cut(value): return math.floor(value / 4)
def unused(value): return value
--- pack/__init__.py
from .deals import offer, refuse
--- pack/deals.py
RATE = 9
def offer(x): return x * RATE
def refuse(x): return x - RATE
"""

MORE = """
--- job.py
from dataclasses import dataclass, field
from functools import wraps
from dtscheduler import batch
import tools.rates as rates
from tools import *
from tools import steps

def twice(f):
    @wraps(f)
    def inner(*args):
        return f(*args) * 2
    return inner

@dataclass(frozen=True)
class Deal:
    notional: float
    currency: str = "EUR"
    legs: list = field(default_factory=list)

class Base:
    factor = 4
    def go(self):
        return self.factor

class Child(Base):
    def go(self):
        return super().go() + 1

@twice
def doubled(x):
    return x + 1

@twice
def apart(x):
    return x + 2

try:
    from math import isqrt
except ImportError:
    def isqrt(n):
        return int(n ** 0.5)

if len("abc") > 2:
    SHIFT = 20
else:
    SHIFT = 30

COUNT = 0

def count():
    global COUNT
    COUNT += 1
    return COUNT

@batch()
def size(value: int = 5, *, deal: Deal = None):
    from late import lately
    deal = deal or Deal(2.0)
    total = doubled(value) + Child().go() + rates.rate() + starred(value)
    return total + isqrt(9) + SHIFT + count() + lately() + steps.one()
--- late.py
START = 5
def lately(): return START
def never(): return 0
--- tools/__init__.py
__all__ = ["starred"]
def starred(x): return _hidden(x)
def _hidden(x): return x + 8
def idle(x): return x
--- tools/rates.py
from . import base
from .base import *
def rate(): return base.RATE + BONUS
--- tools/base.py
RATE = 6
BONUS = 7
IDLE = 8
--- tools/steps.py
def one(): return 1
def two(): return 2
"""

EFFECTS = """
--- job.py
import random
import setup
from dtscheduler import DAG, ParallelTask, Task, batch
from registry import REGISTRY, register

random.seed(1)
LIMITS = {}
LIMITS["FR"] = 3
IDLE = {}
IDLE["FR"] = 3

@register("one")
def one(x):
    return x + 1

@batch()
def size(value):
    return REGISTRY["one"](value) + random.random() + LIMITS["FR"]

@batch()
def other(value):
    return 3

with DAG(Name="Sizes", DevRun=True) as dag:
    parts = []
    for month in range(12):
        parts.append(size(month))
    last = other(parts)
    last.alias("last one")

job = DAG(Name="More")
tasks = [Task(Name=f"t{n}", Entrypoint="job.size", dag=job) for n in range(3)]
cells = ParallelTask(Name="cells", Entrypoint="job.size", ConfigurationJson=[{"Name": "a", "Description": "b"}], dag=job)
tasks >> cells
job.save()
print(job.last_run)

if __name__ == "__main__":
    random.seed(7)
--- setup.py
import os
os.environ["MODE"] = "fast"
--- registry.py
REGISTRY = {}
def register(name):
    def mark(f):
        REGISTRY[name] = f
        return f
    return mark
"""

DYNAMIC = """
--- job.py
import importlib
import plugins, lazy
from dtscheduler import batch

@batch()
def size(name):
    return getattr(plugins, name)() + lazy.anything
--- plugins.py
def red(): return 1
def blue(): return 2
--- lazy.py
VALUES = {"anything": 3}
def __getattr__(name): return VALUES[name]
--- unrelated.py
X = 1
"""

MAINS = """
--- job.py
from steps import first, second
IDLE = 1
def third(): return 3
__batch_main__ = {"size": first, "second": second}
--- steps.py
def first(): return 1
def second(): return 2
def fourth(): return 4
"""

PROGRAMS = {"job": JOB, "more": MORE, "effects": EFFECTS, "dynamic": DYNAMIC, "mains": MAINS}


def written(program, folder):
    for part in dedent(program).split("--- ")[1:]:
        name, _, text = part.partition("\n")
        path = Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return str(folder)
