"""Measure agentrig beside other tools: `python ci/bench --help`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.cli import main  # found by the path above, when a folder is run

sys.exit(main())
