"""What earlier attempts at a shard have found already, so that a new one runs only the rest."""

from agentrig.resume._agree import disagreement
from agentrig.resume._earlier import Earlier, Found, read_earlier
from agentrig.resume._folder import set_aside
from agentrig.resume._keep import Kept, keep
from agentrig.resume._reading import Reading, moment_of
from agentrig.resume._verdict import VERDICTS, Verdict

__all__ = [
    "VERDICTS",
    "Earlier",
    "Found",
    "Kept",
    "Reading",
    "Verdict",
    "disagreement",
    "keep",
    "moment_of",
    "read_earlier",
    "set_aside",
]
