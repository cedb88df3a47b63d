"""Waiting for the screen: for what is to happen, and for no time.

Textual's pilot takes a screen to be at rest when the process has used little of the processor for a fiftieth of a
second. Where other programs have the processor that is so as well while all is still to be done. What follows asks
the event loop instead, and is done as soon as the screen is.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from textual._context import active_app
from textual.app import App
from textual.pilot import Pilot
from textual.timer import Timer

PATIENCE_SECONDS = 60.0
"""The longest wait for what takes a moment where nothing else runs; who waits that long is told for what."""
SHORT_SECONDS = 0.3
"""Below this a timer is a breath that is taken before something is done, and the end of it is waited for."""


def make_patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pilots wait until the screen is at rest."""
    for module in ("textual.app", "textual.pilot"):
        monkeypatch.setattr(f"{module}.wait_for_idle", until_quiet)


async def until_quiet(_min_sleep: float = 0, _max_sleep: float = 0) -> None:
    """Wait until nothing is to be done before a time, a thread or another program says so, and all is drawn."""
    loop: Any = asyncio.get_running_loop()
    app = active_app.get(None)
    until = time.monotonic() + PATIENCE_SECONDS
    quiet_turns = 0
    while quiet_turns < 2:  # in the second, what had come in over a socket has been taken
        assert time.monotonic() < until, "the screen does not come to rest"
        await asyncio.sleep(1 / 120 if app is not None and app._resize_timer is not None else 0)
        quiet_turns = 0 if loop._ready or (app is not None and _drew(app)) else quiet_turns + 1


def _drew(app: App[Any]) -> bool:
    """Draw what is to be drawn with the next frame; tells whether there was something."""
    if app._exit or not app.is_running or not app.screen_stack:
        return False
    screen = app.screen
    is_due = bool(screen._callbacks) or (
        screen.is_current
        and not app._batch_count
        and bool(
            screen._layout_required
            or screen._scroll_required
            or screen._repaint_required
            or screen._recompose_required
            or screen._dirty_widgets
        )
    )
    if is_due:
        screen._on_timer_update()
    return is_due


async def settle(pilot: Pilot[Any]) -> None:
    """Wait until everything that was begun is done: messages, work in the background, short timers."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        await pilot.pause()
        awaited = [*_at_work(pilot.app), *_ticking(pilot.app)]
        if not awaited:
            return
        await asyncio.wait(awaited, timeout=max(0, until - time.monotonic()))
        assert time.monotonic() < until, f"there is no end to {awaited}"


def _at_work(app: App[Any]) -> list[asyncio.Task[Any]]:
    return [
        worker._task
        for worker in app.workers
        if worker._task is not None and not worker._task.done()
    ]


def _ticking(app: App[Any]) -> list[asyncio.Task[Any]]:
    """Give the timers that tick once, soon."""
    timers: set[Timer] = set(app._timers)
    for screen in app.screen_stack:
        for node in screen.walk_children(with_self=True):
            timers.update(node._timers)
    return [
        timer._task
        for timer in timers
        if timer._repeat == 0
        and timer._interval < SHORT_SECONDS
        and timer._task is not None
        and not timer._task.done()
    ]


async def press(pilot: Pilot[Any], *keys: str) -> None:
    """Press keys, each when the one before has done its work."""
    for key in keys:
        await pilot.press(key)
        await settle(pilot)


async def until(
    pilot: Pilot[Any], holds: Callable[[], object], what: str = "what was waited for"
) -> None:
    """Wait until something holds, while other things go on."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < end, f"{what} did not come"
        await pilot.pause(0.01)
