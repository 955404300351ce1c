from __future__ import annotations

import os

from hypothesis import settings

from tests.support.ci_servers import OF_CI_SERVERS

# The same examples in every run; AGENTRIG_HYPOTHESIS=explore looks for new ones.
settings.register_profile("steady", derandomize=True, deadline=None, database=None)
settings.register_profile("explore", deadline=None, max_examples=3000)
settings.load_profile(os.environ.get("AGENTRIG_HYPOTHESIS", "steady"))

# Reports say what a CI server is to be told; which one runs these tests must change none of them.
for name in [name for name in os.environ if name.startswith(OF_CI_SERVERS)]:
    del os.environ[name]
