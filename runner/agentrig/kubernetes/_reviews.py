"""What the API would say: whether something is allowed, and whether an object would be accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from agentrig.errors import ClusterError
from agentrig.kubernetes._errors import explained
from agentrig.kubernetes._streams import Streams

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentrig.kubernetes._kinds import Kind

__all__ = ["Access", "Reviews"]

_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


class Access(Struct, frozen=True, kw_only=True):
    """Something that an account may be allowed to do; `namespace` is None in the whole cluster.

    `resource` is plural, `pods/log` for a subresource.
    """

    verb: str
    resource: str
    group: str = ""
    namespace: str | None = None


class Reviews(Streams):
    """Questions to the cluster that change nothing in it."""

    async def kind_of(self, manifest: Mapping[str, Any]) -> Kind | None:
        """Find the kind of a manifest; None where the API serves none such."""
        with explained(f"look up the kind '{manifest['kind']}'", "the cluster"):
            try:
                return await self._kinds.of_manifest(manifest)
            except ClusterError:
                return None

    async def is_allowed(self, access: Access) -> bool:
        """Ask whether this account may do something (SelfSubjectAccessReview)."""
        resource, _, subresource = access.resource.partition("/")
        attributes = {"verb": access.verb, "group": access.group, "resource": resource}
        attributes |= {"subresource": subresource} if subresource else {}
        attributes |= {"namespace": access.namespace} if access.namespace else {}
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        }
        with explained("ask for permissions", "the cluster"):
            answer = await self._api.call("POST", _REVIEWS, body=review)
            return bool(answer["status"]["allowed"])

    async def try_create(self, manifest: Mapping[str, Any], *, namespace: str) -> None:
        """Let the API create an object without keeping it (`dryRun=All`), admission included.

        Raises ClusterError with the reason of a refusal.
        """
        metadata = manifest["metadata"]
        name = metadata.get("name") or metadata.get("generateName")
        scope = metadata.get("namespace") or namespace
        with explained(f"create {manifest['kind'].lower()}/{name}", f"namespace {scope}"):
            kind = await self._kinds.of_manifest(manifest)
            path = kind.path(scope if kind.namespaced else None)
            await self._api.call("POST", path, params={"dryRun": "All"}, body=manifest)
