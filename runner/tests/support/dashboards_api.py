"""The import of saved objects, as strict as Kibana 8.9 and OpenSearch Dashboards 2 are.

Each rule names where it stands in their sources; neither can be run here.
"""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ssl import SSLContext

__all__ = ["DashboardsApi", "dashboards_api"]

IMPORT = "/api/saved_objects/_import"

# The last migration of each type: Kibana 8.9 knows later ones than OpenSearch Dashboards,
# which refuses an object of a later one (document_migrator.ts: "belongs to a more recent version").
LATEST = {
    "dashboard": (7, 9, 3),
    "index-pattern": (7, 6, 0),
    "search": (7, 9, 3),
    "visualization": (7, 10, 0),
}
# Kibana's src/plugins/dashboard, schema v1: unknown attributes are forbidden.
DASHBOARD = {
    *("title", "description", "kibanaSavedObjectMeta", "timeRestore", "timeFrom", "timeTo"),
    *("refreshInterval", "panelsJSON", "optionsJSON", "hits", "version"),
}
# Kibana's schemas of the other types, likewise.
ATTRIBUTES = {
    "dashboard": DASHBOARD,
    "index-pattern": {
        *("title", "timeFieldName", "fieldFormatMap", "fields", "name", "sourceFilters"),
        *("fieldAttrs", "runtimeFieldMap", "allowNoIndex", "type", "typeMeta"),
    },
    "search": {
        *("title", "description", "columns", "sort", "hits", "version"),
        *("kibanaSavedObjectMeta", "grid"),
    },
    "visualization": {
        *("title", "description", "visState", "uiStateJSON", "version"),
        *("kibanaSavedObjectMeta", "savedSearchRefName"),
    },
}


@dataclass
class DashboardsApi:
    """What was imported, by space or tenant, type and id."""

    product: Literal["kibana", "opensearch"]
    authorization: str | None = None
    base: str = ""
    url: str = ""
    objects: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    refuses: dict[str, str] = field(default_factory=dict)
    """Ids that are refused, and with what message."""

    def take(self, where: str, objects: list[dict[str, Any]], *, overwrite: bool) -> dict[str, Any]:
        """Import objects as the products do: all that have no error."""
        errors = [
            error
            for one in objects
            if (error := self._error(where, one, objects, overwrite=overwrite))
        ]
        bad = {(one["type"], one["id"]) for one in errors}
        good = [one for one in objects if (one["type"], one["id"]) not in bad]
        # import_saved_objects.ts: nothing is made where anything but a conflict is in the way.
        if any(one["error"]["type"] != "conflict" for one in errors):
            good = []
        for one in good:
            self.objects[where, one["type"], one["id"]] = one
        found: dict[str, Any] = {"success": not errors, "successCount": len(good)}
        return found | ({"errors": errors} if errors else {})

    def _error(
        self, where: str, one: dict[str, Any], objects: list[dict[str, Any]], *, overwrite: bool
    ) -> dict[str, Any] | None:
        about = {
            "type": one["type"],
            "id": one["id"],
            "meta": {"title": one["attributes"]["title"]},
        }
        if one["id"] in self.refuses:
            error = {"type": "unknown", "message": self.refuses[one["id"]], "statusCode": 400}
            return about | {"error": error}
        # validate_references.ts
        there = {(each["type"], each["id"]) for each in objects}
        there |= {(type_, id_) for at, type_, id_ in self.objects if at == where}
        missing = [
            each
            for each in one["references"]
            if each["type"] in {"index-pattern", "search", "visualization"}
            and (each["type"], each["id"]) not in there
        ]
        if missing:
            return about | {"error": {"type": "missing_references", "references": missing}}
        if (where, one["type"], one["id"]) in self.objects and not overwrite:
            return about | {"error": {"type": "conflict"}}
        return None

    def problem_of(self, one: dict[str, Any]) -> str | None:
        """Say why an object is refused with the whole file."""
        if set(one) != {"type", "id", "attributes", "references", "migrationVersion"}:
            return f"keys {sorted(one)}"
        if one["type"] not in LATEST:
            return f"unsupported type {one['type']}"
        version = tuple(int(part) for part in one["migrationVersion"][one["type"]].split("."))
        if version > LATEST[one["type"]]:
            return f"{one['type']} belongs to a more recent version"
        if unknown := set(one["attributes"]) - ATTRIBUTES[one["type"]]:
            return f"[attributes]: definition for these keys is missing: {unknown}"
        for name, value in one["attributes"].items():
            if name.endswith("JSON") or name in {"visState", "fieldFormatMap"}:
                json.loads(value)
        return None


@contextmanager
def dashboards_api(
    product: Literal["kibana", "opensearch"],
    *,
    base: str = "",
    authorization: str | None = None,
    tls: SSLContext | None = None,
) -> Iterator[DashboardsApi]:
    """Serve the API below the path `base`, to who has the `authorization`."""
    api = DashboardsApi(product, authorization, base)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status, answer = _answer(api, self.path, {**self.headers}, body)
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        api.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}{base}"
        yield api
        server.shutdown()


class _RefusedError(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def _answer(
    api: DashboardsApi, target: str, headers: dict[str, str], body: bytes
) -> tuple[int, dict[str, Any]]:
    headers = {name.lower(): value for name, value in headers.items()}
    try:
        parts = urlsplit(target)
        where = _place(api, parts.path, headers)
        _check_headers(api, headers)
        query = dict(parse_qsl(parts.query))
        _check_query(query)
        objects = _objects(api, _file(headers, body))
    except _RefusedError as refused:
        said = {"statusCode": refused.status, "error": "Refused", "message": str(refused)}
        return refused.status, said
    return 200, api.take(where, objects, overwrite=query.get("overwrite") == "true")


def _place(api: DashboardsApi, path: str, headers: dict[str, str]) -> str:
    """Name the space, or the tenant."""
    where, below = "default", path.removeprefix(api.base)
    if below.startswith("/s/") and api.product == "kibana":
        where, below = below.removeprefix("/s/").split("/", 1)
        below = f"/{below}"
    if not path.startswith(api.base) or below != IMPORT:
        raise _RefusedError(404, "Not Found")
    return headers.get("securitytenant", where) if api.product == "opensearch" else where


def _check_headers(api: DashboardsApi, headers: dict[str, str]) -> None:
    if api.authorization and headers.get("authorization") != api.authorization:
        raise _RefusedError(401, "Unauthorized")
    xsrf = {"kibana": "kbn-xsrf", "opensearch": "osd-xsrf"}[api.product]
    if xsrf not in headers:
        raise _RefusedError(400, f"Request must contain a {xsrf} header.")
    if "content-encoding" in headers:
        raise _RefusedError(415, "Unsupported Media Type")


def _check_query(query: dict[str, str]) -> None:
    if set(query) - {"overwrite", "createNewCopies"}:
        raise _RefusedError(400, "[request query]: definition for this key is missing")


def _file(headers: dict[str, str], body: bytes) -> bytes:
    """Give the content of the form's one file."""
    message = BytesParser(policy=HTTP).parsebytes(
        f"content-type: {headers.get('content-type', '')}\r\n\r\n".encode() + body
    )
    if message.get_content_type() != "multipart/form-data":
        raise _RefusedError(415, "Unsupported Media Type")
    [part] = message.iter_parts()
    assert part.get_param("name", header="content-disposition") == "file"
    # routes/import.ts
    if not str(part.get_filename()).endswith(".ndjson"):
        raise _RefusedError(400, "Invalid file extension")
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content


def _objects(api: DashboardsApi, content: bytes) -> list[dict[str, Any]]:
    objects = [json.loads(line) for line in content.split(b"\n") if line.strip()]
    names = [(one["type"], one["id"]) for one in objects]
    # collect_saved_objects.ts
    if len(set(names)) < len(names):
        raise _RefusedError(400, "Non-unique import objects detected")
    for one in objects:
        if problem := api.problem_of(one):
            raise _RefusedError(400, problem)
    return objects
