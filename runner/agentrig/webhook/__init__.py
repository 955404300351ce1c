"""A message at the end of a run, to Slack or whoever else takes JSON by HTTP."""

from agentrig.webhook._reporter import WebhookReporter
from agentrig.webhook._settings import WebhookSettings, When, webhook_settings

__all__ = ["WebhookReporter", "WebhookSettings", "When", "webhook_settings"]
