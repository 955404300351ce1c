"""Calling a function of a user's module, so that no other scenario waits for it."""

from __future__ import annotations

import asyncio
import contextvars
import hashlib
import importlib
import importlib.util
import inspect
import sys
import threading
from typing import TYPE_CHECKING, Any

from agentrig.errors import UsageError, words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import ModuleType

    from agentrig.steps._python_source import Call

__all__ = ["CallFailed", "call_function", "in_thread", "load_module"]

# sys.path and sys.modules are one for all threads.
_IMPORTING = threading.Lock()


class CallFailed(Exception):  # noqa: N818  # carries what the user's code raised
    """What a function raised; it may be no Exception, as SystemExit is none."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(words_of(error))
        self.error = error


def load_module(call: Call, folder: Path) -> ModuleType:
    """Import a module, by name or from its file. Raises whatever its code raises.

    While a file is executed, its folder comes first on `sys.path`: it finds its neighbours.
    """
    if not call.is_file:
        return importlib.import_module(call.module)
    file = (folder / call.module).resolve()
    # Two files of the same name are two modules.
    name = f"{file.stem}_{hashlib.sha256(str(file).encode()).hexdigest()[:8]}"
    with _IMPORTING:
        if name in sys.modules:
            return sys.modules[name]
        spec = importlib.util.spec_from_file_location(name, file)
        if spec is None or spec.loader is None:
            raise UsageError(f"'{call.module}' is no Python module")
        module = importlib.util.module_from_spec(spec)
        # Dataclasses, and whatever else looks a class's module up, find it here.
        sys.modules[name] = module
        sys.path.insert(0, str(file.parent))
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
        finally:
            sys.path.remove(str(file.parent))
    return module


async def call_function(function: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    """Call a function in a thread of its own, and await what it gives if that is to be awaited.

    Raises CallFailed with whatever it raised.
    """
    if inspect.iscoroutinefunction(function):
        return await _awaited(function(**arguments))
    given = await in_thread(lambda: function(**arguments))
    return await _awaited(given) if inspect.iscoroutine(given) else given


async def in_thread(work: Callable[[], Any]) -> Any:
    """Give what `work` gives, from a thread that ends with the process, whatever it does then.

    A thread of a pool would be waited for at the end of the run, and a thread cannot be stopped.
    Raises CallFailed.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Any] = loop.create_future()

    def settle(value: Any, error: BaseException | None) -> None:
        if done.cancelled():
            return
        if error is None:
            done.set_result(value)
        else:
            done.set_exception(CallFailed(error))

    def run() -> None:
        value, error = None, None
        try:
            value = context.run(work)
        except BaseException as raised:  # noqa: BLE001  # SystemExit must not pass in silence
            error = raised
        try:
            loop.call_soon_threadsafe(settle, value, error)
        except RuntimeError:
            return  # the run is over, and nobody waits any more

    context = contextvars.copy_context()
    threading.Thread(target=run, name="agentrig-python-step", daemon=True).start()
    return await done


async def _awaited(coroutine: Any) -> Any:
    try:
        return await coroutine
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        # Nobody cancels the step: what the function waited for was cancelled.
        raise CallFailed(error) from error
    except BaseException as error:
        # SystemExit would end the event loop of all scenarios.
        raise CallFailed(error) from error
