from __future__ import annotations

import os

from hypothesis import settings

# The same examples in every run; AGENTRIG_HYPOTHESIS=explore looks for new ones.
settings.register_profile("steady", derandomize=True, deadline=None, database=None)
settings.register_profile("explore", deadline=None, max_examples=3000)
settings.load_profile(os.environ.get("AGENTRIG_HYPOTHESIS", "steady"))
