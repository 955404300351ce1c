"""Whether a message is sent when a run is over, and by whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from agentrig.errors import AgentrigError, ReportWarning
from agentrig.reporters import TallyReport, outcome_of, summarise
from agentrig.webhook._settings import When

if TYPE_CHECKING:
    from agentrig.reporters import Tally
    from agentrig.store import Store
    from agentrig.webhook._settings import WebhookSettings
    from agentrig.webhook._state import Change, OutcomeLog

__all__ = ["WebhookReporter"]

# By which of its labels a run is known to be of the same kind as another one.
_LABELS = ("suite", "environment", "model")


class WebhookReporter(TallyReport):
    """Sends one message for a run; it ends last, when the exit code is known.

    What keeps it from being sent is a ReportWarning: the run's outcome stands.
    """

    def __init__(
        self,
        settings: WebhookSettings,
        tally: Tally | None = None,
        *,
        store: Store | None = None,
    ) -> None:
        """Send by `settings`; `store` is where the shards of the run find each other's results."""
        super().__init__(tally)
        self._settings = settings
        self._store = store
        self._doubts: list[str] = []

    def close(self) -> None:
        """Send the message, if there is one. Raises ReportWarning where it did not get through."""
        tally = self._whole()
        if tally is not None and tally.started is not None:
            self._tell(tally)
        if self._doubts:
            raise ReportWarning(f"webhook {self._settings.host}: {'; '.join(self._doubts)}")

    def _whole(self) -> Tally | None:
        """Give the run that is told of: all of its shards, or this one where nobody knows more."""
        mine = self.tally
        if self._store is None:
            return mine
        whole: Tally | None = mine
        try:
            from agentrig.webhook._whole_run import (  # noqa: PLC0415  # reads whole journals
                claim_message,
                ended_run,
            )

            if mine.shard:
                whole = ended_run(self._store, mine)
            if whole is None or not self._is_worth_telling(whole):
                return whole
            is_ours = claim_message(self._store, mine.run, outcome_of(whole.exit_code))
        except AgentrigError as error:
            # To be told twice is better than not at all.
            self._doubts.append(f"nobody knows whether another one has told of the run: {error}")
            return mine
        return whole if is_ours else None

    def _is_worth_telling(self, tally: Tally) -> bool:
        return self._settings.when is not When.FAILURE or tally.exit_code != 0

    def _tell(self, tally: Tally) -> None:
        if not self._is_worth_telling(tally):
            return
        name = self._settings.name
        log, change, previous = None, None, None
        if self._settings.when is When.CHANGE:
            try:
                log = self._log(tally)
                change = log.note(
                    outcome=outcome_of(tally.exit_code), run=tally.run, began=tally.begin
                )
            except AgentrigError as error:
                self._doubts.append(f"nobody knows how the last run ended: {error}")
                if tally.exit_code == 0:
                    return
            else:
                if change is None:
                    return
                previous = change.previous
        if self._send(tally, name=name, previous=previous) and log and change:
            self._note(log, change)

    def _log(self, tally: Tally) -> OutcomeLog:
        from agentrig.store import open_store  # noqa: PLC0415  # where it is asked for
        from agentrig.webhook._state import OutcomeLog  # noqa: PLC0415  # as above

        store = open_store(self._settings.state or "")
        return OutcomeLog(store, self._settings.name or _kind_of(tally))

    def _note(self, log: OutcomeLog, change: Change) -> None:
        try:
            log.tell(change)
        except AgentrigError as error:
            self._doubts.append(f"the next run may tell of it again: {error}")

    def _send(self, tally: Tally, *, name: str | None, previous: str | None) -> bool:
        """Send, and say whether it got through."""
        from agentrig.webhook._message import context_of, default_body  # noqa: PLC0415  # at the end
        from agentrig.webhook._send import NotSentError, send  # noqa: PLC0415  # as above

        summary: dict[str, Any] = msgspec.to_builtins(summarise(tally))
        context = context_of(summary, previous=previous, name=name)
        body = self._from_template(context) or default_body(context)
        try:
            send(self._settings.url, body, ca=self._settings.ca)
        except NotSentError as error:
            self._doubts.append(f"the message was not sent: {error}")
            return False
        return True

    def _from_template(self, context: dict[str, Any]) -> bytes | None:
        if self._settings.template is None:
            return None
        from agentrig.webhook._template import (  # noqa: PLC0415  # jinja2: 30 ms
            TemplateFailedError,
            render_template,
        )

        try:
            return render_template(self._settings.template, context)
        except TemplateFailedError as error:
            self._doubts.append(f"the default message was sent, as the template failed: {error}")
            return None


def _kind_of(tally: Tally) -> str:
    """Name the runs of which this is one: in the same place, with labels that say what it runs."""
    started = tally.started
    labels = dict(started.labels) if started else {}
    named = [f"{name}={labels[name]}" for name in _LABELS if name in labels]
    return " ".join([started.namespace if started else "", *named])
