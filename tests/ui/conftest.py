"""What these tests share with those of the pages: jobs and runs as a store keeps them."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "apps"))
