"""What `run` accepts and yet is wrong: checks that cannot fail, secrets, missing files."""

from agentrig.lint._finding import MISTAKE, RULES, Finding
from agentrig.lint._lint import lint_file

__all__ = ["MISTAKE", "RULES", "Finding", "lint_file"]
