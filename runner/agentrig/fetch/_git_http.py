"""A Git server over HTTPS, by urllib3: proxies and authorities from the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.request import getproxies, proxy_bypass

from agentrig import __version__
from agentrig.fetch._limits import SILENCE_S

if TYPE_CHECKING:
    from dulwich.client import GitClient

    from agentrig.fetch._git_auth import Token
    from agentrig.fetch._git_url import GitUrl

__all__ = ["http_client"]


def http_client(url: GitUrl, token: Token | None) -> GitClient:
    """Give a client of the server; the token is sent to its origin alone, wherever it redirects.

    Proxies come from `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, in either case: dulwich itself
    reads the lower ones only. Authorities are the system's, or those of SSL_CERT_FILE.
    """
    import urllib3  # noqa: PLC0415  # 60 ms
    from dulwich.client import HttpGitClient  # noqa: PLC0415  # 150 ms

    manager: urllib3.PoolManager
    # A proxy may cut or change a connection; nothing has been written here yet.
    retries = urllib3.Retry(total=5, connect=3, read=0, status=0, backoff_factor=0.5)
    timeout = urllib3.Timeout(connect=10.0, read=SILENCE_S)
    # Some servers answer with their pages to what does not call itself git.
    headers = {"User-Agent": f"git/agentrig-{__version__}"}
    if proxy := _proxy(url):
        auth = urllib3.util.parse_url(proxy).auth
        manager = urllib3.ProxyManager(
            proxy,
            proxy_headers=urllib3.make_headers(proxy_basic_auth=auth) if auth else None,
            headers=headers,
            retries=retries,
            timeout=timeout,
        )
    else:
        manager = urllib3.PoolManager(headers=headers, retries=retries, timeout=timeout)
    return HttpGitClient(
        url.origin,
        pool_manager=manager,
        username=token.username if token else None,
        password=token.value if token else None,
        quiet=True,
    )


def _proxy(url: GitUrl) -> str | None:
    if proxy_bypass(f"{url.host}:{url.port}" if url.port else url.host):
        return None
    return getproxies().get(url.scheme)
