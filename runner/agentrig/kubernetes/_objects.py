"""Objects of any kind: read, applied, patched, deleted, and waited for."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from msgspec import Struct

from agentrig.errors import ClusterError
from agentrig.kubernetes._api import Api
from agentrig.kubernetes._errors import Refusal, explained
from agentrig.kubernetes._kinds import Kinds, ObjectRef, split_reference

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from agentrig.kubernetes._settings import KubernetesSettings

__all__ = ["Objects", "Snapshot", "Waited", "seconds"]

T = TypeVar("T")

POLL_EVERY_S = 0.25
# A new kind takes the API a moment to serve.
ESTABLISHED_WITHIN_S = 30.0

_PATCHES = {
    "strategic": "application/strategic-merge-patch+json",
    "merge": "application/merge-patch+json",
    "json": "application/json-patch+json",
    "apply": "application/apply-patch+yaml",
}


class Waited(Struct, frozen=True, kw_only=True):
    """How a wait ended: `problem` is None where it came true. `object` is the last that was seen."""

    problem: str | None
    object: dict[str, Any] | None


class Snapshot(Struct, kw_only=True):
    """An object as it was before a change; `before` is None where there was none.

    `after` is the answer to the change: what differs between the two is what `restore` puts
    back. Without it, as after a change that was cut off, the object as it is then counts.
    """

    ref: ObjectRef
    before: dict[str, Any] | None
    after: dict[str, Any] | None = None


class Objects:
    """The objects of a cluster, named as kubectl does: `KIND/NAME`.

    Every method raises ClusterError when the API cannot be reached or refuses, and UsageError
    for a reference that is none. Objects are JSON, as the API has them.
    """

    def __init__(
        self,
        settings: KubernetesSettings,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Connect to nothing yet."""
        self.settings = settings
        self._api = Api(settings)
        self._kinds = Kinds(self._api)
        self._deleted: set[str] = set()
        self._sleep = sleep
        self._clock = clock

    async def aclose(self) -> None:
        """Close the connections to the API."""
        await self._api.close()

    async def find(self, ref: str, *, namespace: str | None = None) -> ObjectRef:
        """Find what `KIND/NAME` refers to; the object itself need not be there."""
        text, name = split_reference(ref)
        with explained(f"look up the kind '{text}'", self._where(namespace)):
            kind = await self._kinds.named(text)
        scope = (namespace or self.settings.namespace) if kind.namespaced else None
        return ObjectRef(kind=kind, name=name, namespace=scope, text=ref)

    async def find_manifest(
        self, manifest: Mapping[str, Any], *, namespace: str | None = None
    ) -> ObjectRef:
        """Find what a manifest describes; its own namespace comes before `namespace`."""
        metadata = manifest["metadata"]
        text = f"{manifest['kind'].lower()}/{metadata['name']}"
        with explained(f"look up the kind of {text}", self._where(namespace)):
            kind = await self._kinds.of_manifest(manifest)
        scope = metadata.get("namespace") or namespace or self.settings.namespace
        return ObjectRef(
            kind=kind,
            name=metadata["name"],
            namespace=scope if kind.namespaced else None,
            text=text,
        )

    async def get(self, ref: ObjectRef, *, patience_s: float = 0.0) -> dict[str, Any]:
        """Read an object; an API that is away is waited for, `patience_s` long."""
        deadline = self._clock() + patience_s
        return await self._patiently(partial(self._get, ref), f"get {ref}", ref.where, deadline)

    async def snapshot(self, ref: ObjectRef) -> Snapshot:
        """Keep an object as it is, before it is changed."""
        with explained(f"get {ref}", ref.where):
            return Snapshot(ref=ref, before=await self._get_if_there(ref))

    async def apply(
        self, ref: ObjectRef, manifest: Mapping[str, Any], *, force: bool = False
    ) -> dict[str, Any]:
        """Create or change an object by server-side apply, as field manager `agentrig`.

        A field that another manager owns is refused unless `force` takes it over. The definition
        of a custom resource is waited for until the API serves the new kind.
        """
        params = {"force": "true"} if force else {}
        with explained(f"apply {ref}", ref.where):
            try:
                found = await self._patch(ref, manifest, how="apply", params=params)
            except Refusal as refusal:
                if refusal.status == 409 and not force:  # noqa: PLR2004  # an HTTP status
                    raise Refusal(409, f"{refusal}; `force: true` takes the fields over") from None
                raise
        if ref.kind.kind == "CustomResourceDefinition":
            await self._until_served(ref, manifest)
        return found

    async def delete(
        self, ref: ObjectRef, *, ignore_missing: bool = False
    ) -> dict[str, Any] | None:
        """Delete an object, and give it as it was; it may take a while to be gone."""
        with explained(f"delete {ref}", ref.where):
            found = await self._get_if_there(ref)
            try:
                await self._api.call("DELETE", ref.path)
            except Refusal as refusal:
                if not (refusal.is_missing and ignore_missing):
                    raise
            if found:
                self._deleted.add(found["metadata"]["uid"])
        return found

    async def patch(
        self, ref: ObjectRef, patch: Any, *, how: Literal["strategic", "merge", "json"]
    ) -> dict[str, Any]:
        """Patch an object; a custom resource knows no `strategic` patch."""
        with explained(f"patch {ref}", ref.where):
            return await self._patch(ref, patch, how=how)

    async def wait(
        self,
        ref: ObjectRef,
        problem_of: Callable[[dict[str, Any]], Awaitable[str | None]],
        *,
        timeout_s: float,
    ) -> Waited:
        """Wait until `problem_of(object)` is None; an object that is not there may come yet."""
        deadline = self._clock() + timeout_s
        while True:
            found = await self._patiently(
                partial(self._get_if_there, ref), f"get {ref}", ref.where, deadline
            )
            problem = "it is not there" if found is None else await problem_of(found)
            if problem is None:
                return Waited(problem=None, object=found)
            if self._clock() >= deadline:
                late = f"{problem}, after {seconds(timeout_s)}"
                return Waited(problem=late, object=found)
            await self._pause(deadline)

    async def wait_gone(self, ref: ObjectRef, *, timeout_s: float) -> Waited:
        """Wait until an object is gone; another one of the same name is not it."""
        deadline = self._clock() + timeout_s
        uid: str | None = None
        while True:
            found = await self._patiently(
                partial(self._get_if_there, ref), f"get {ref}", ref.where, deadline
            )
            with explained(f"get {ref}", ref.where):
                if found is None or found["metadata"]["uid"] != (uid or found["metadata"]["uid"]):
                    return Waited(problem=None, object=found)
                uid = found["metadata"]["uid"]
                finalizers = ", ".join(found["metadata"].get("finalizers") or ())
            if self._clock() >= deadline:
                problem = f"it is still there after {seconds(timeout_s)}"
                problem += f" (finalizers: {finalizers})" if finalizers else ""
                return Waited(problem=problem, object=found)
            await self._pause(deadline)

    async def _get(self, ref: ObjectRef) -> dict[str, Any]:
        found: dict[str, Any] = await self._api.call("GET", ref.path)
        return found

    async def _get_if_there(self, ref: ObjectRef) -> dict[str, Any] | None:
        try:
            return await self._get(ref)
        except Refusal as refusal:
            if refusal.is_missing:
                return None
            raise

    async def _patch(
        self, ref: ObjectRef, patch: Any, *, how: str, params: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        found: dict[str, Any] = await self._api.call(
            "PATCH", ref.path, body=patch, content_type=_PATCHES[how], params=params
        )
        return found

    async def _until_served(self, ref: ObjectRef, manifest: Mapping[str, Any]) -> None:
        spec = manifest["spec"]
        version = next((one["name"] for one in spec["versions"] if one.get("served")), None)
        if version is None:
            return
        sample = {"apiVersion": f"{spec['group']}/{version}", "kind": spec["names"]["kind"]}
        deadline = self._clock() + ESTABLISHED_WITHIN_S
        while True:
            self._kinds.forget()
            try:
                with explained(f"wait for the kind of {ref}", ref.where):
                    await self._kinds.of_manifest(sample)
            except ClusterError:
                if self._clock() >= deadline:
                    raise
                await self._pause(deadline)
            else:
                return

    async def _patiently(
        self, ask: Callable[[], Awaitable[T]], action: str, where: str, deadline: float
    ) -> T:
        """Ask until the API answers: one that restarts, or has too much to do, is waited for."""
        while True:
            try:
                with explained(action, where):
                    return await ask()
            except ClusterError as error:
                if not error.may_pass or self._clock() >= deadline:
                    raise
            await self._pause(deadline)

    async def _pause(self, deadline: float) -> None:
        await self._sleep(max(0.0, min(POLL_EVERY_S, deadline - self._clock())))

    def _where(self, namespace: str | None) -> str:
        return f"namespace {namespace or self.settings.namespace}"


def seconds(value: float) -> str:
    """Write a time in messages: no one waits for a millionth."""
    return f"{round(value, 2):g} s"
