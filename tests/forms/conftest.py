"""Functions to fill in forms of."""

import pytest

from dtscheduler.forms.checking import Form


@pytest.fixture
def form():
    """The form of a function that takes one parameter ``x`` of a type: ``form(int)``, ``form(int, 3)``."""

    def made(annotation, *default):
        def function(x):
            return x

        function.__annotations__ = {"x": annotation}
        function.__defaults__ = default or None
        return Form(function, "suite s")

    return made
