"""The reference of the language, docs/reference.md, made from the models."""

from reference.judgements import JUDGEMENTS, Judgement
from reference.page import EXAMPLES, reference

__all__ = ["EXAMPLES", "JUDGEMENTS", "Judgement", "reference"]
