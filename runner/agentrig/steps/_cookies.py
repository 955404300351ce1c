"""The cookies that a scenario was given, and sends back to whom they belong (RFC 6265)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pyreqwest.cookie import CookieStore

__all__ = ["CookieJar"]


class CookieJar:
    """Keeps cookies by domain and path; one for each scenario, from its first step to its last.

    Cookies of names that are `secure` go to `https` alone, and to this very machine.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._store: CookieStore | None = None

    def header(self, url: str, own: Mapping[str, str] | None = None) -> str | None:
        """Make the `Cookie` header for a request to `url`; `own` outranks what is kept."""
        if self._store is None and not own:
            return None
        found = {one.name: one.value for one in self._store.matches(url)} if self._store else {}
        found.update(own or {})
        return "; ".join(f"{name}={value}" for name, value in found.items()) or None

    def keep(self, url: str, headers: Iterable[tuple[str, str]]) -> dict[str, str]:
        """Take in what a response from `url` sets, and give names and values of all it named.

        What a browser would not take, such as a cookie for another domain, is not kept.
        """
        written = [value for name, value in headers if name == "set-cookie"]
        if not written:
            return {}
        from pyreqwest.cookie import Cookie, CookieStore  # noqa: PLC0415  # few agents set any

        if self._store is None:
            self._store = CookieStore()
        named: dict[str, str] = {}
        for text in written:
            try:
                cookie = Cookie.parse(text)
                named[cookie.name] = cookie.value
                self._store.insert(cookie, url)
            except ValueError:
                # Expired, of another domain, or no cookie at all: RFC 6265, 5.3, ignores it.
                continue
        return named
