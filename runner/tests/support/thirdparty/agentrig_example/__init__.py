"""A step kind, a matcher and a reporter for agentrig."""
