"""What the examples of a deployment start is what there is."""

import re
from pathlib import Path

import dtscheduler
from dtscheduler.cli.complete import commands
from dtscheduler.settings import misspelt

FOLDER = Path(dtscheduler.__file__).parent / "examples" / "deploy"


def test_the_unit_and_the_image_start_the_service():
    assert re.search(r"^ExecStart=\S+/dtscheduler serve$", (FOLDER / "dtscheduler.service").read_text(), re.MULTILINE)
    assert 'ENTRYPOINT ["dtscheduler", "serve"]' in (FOLDER / "Dockerfile").read_text()


def test_the_commands_and_settings_they_name_are_there():
    for file in FOLDER.iterdir():
        text = file.read_text()
        named = set(re.findall(r"dtscheduler[ \",]+(serve|status|image)\b", text))
        assert named
        assert named <= set(commands.commands)
        assert misspelt(dict.fromkeys(re.findall(r"DTSCHEDULER_[A-Z_]+", text), "")) == []
