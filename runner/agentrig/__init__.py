"""End-to-end tests for AI agents, run inside the Kubernetes cluster that serves them."""

__version__ = "0.1.0"
