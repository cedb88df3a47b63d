"""The application: the themes, the reader's screen, the refresh in the background, the commands.

What is imported here stands between the person and the first screen; anything that can wait is
imported where it is used.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from textual import events, on, work
from textual.actions import ActionParseResult
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.command import CommandPalette, Provider
from textual.dom import DOMNode
from textual.filter import LineFilter
from textual.screen import Screen

from flodeslasare.config import Places
from flodeslasare.errors import ReaderError
from flodeslasare.i18n import _
from flodeslasare.library.library import Library, now_utc
from flodeslasare.model import FeedStarted, RefreshWaits
from flodeslasare.tui._endings import Endings
from flodeslasare.tui._late import import_texts
from flodeslasare.tui.messages import FeedAsked, FeedRefreshed, RefreshFinished, RefreshWaiting
from flodeslasare.tui.screens._memory import chosen_theme
from flodeslasare.tui.screens.reader import ReaderScreen
from flodeslasare.tui.theme import (
    IN_16_COLOURS,
    Chosen,
    has_colours,
    has_few_colours,
    theme_of,
    themes_for,
)

LOOKS_AN_INTERVAL = 6
"""How often the feeds that are due are looked for, while the shortest interval of one goes by: feeds come
due one by one, and what came due just after a look would else wait for twice its time."""

REFRESH_AFTER_SECONDS = 0.3
"""How long after the first screen the refresh begins: it imports more than all the rest."""


def _commands() -> type[Provider]:
    from flodeslasare.tui.screens._palette import Commands

    return Commands


class FeedReaderApp(App[None]):
    """Flödesläsare on the screen."""

    TITLE = "Flödesläsare"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_commands}
    CSS_PATH = Path(__file__).with_name("app.tcss")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", show=False, priority=True),
        Binding("ctrl+c", "interrupt", show=False),
    ]

    def __init__(
        self,
        library: Library,
        *,
        places: Places | None = None,
        has_demo: bool = False,
        now: Callable[[], datetime] = now_utc,
        when_drawn: Callable[[], None] | None = None,
    ) -> None:
        """Make the application.

        Args:
            library: what it shows; opened by the thread that runs the application.
            places: where the files are, for the screens that name them; without it no picture is kept.
            has_demo: whether the caller opens the example blog when `wants_demo` is set at the end.
            now: the clock.
            when_drawn: what to do once the first screen has been drawn.
        """
        super().__init__()
        self.library = library
        self.places = places
        self._now = now
        self._has_demo = has_demo
        self._when_drawn = when_drawn
        self._colourless: tuple[str, LineFilter] | None = None
        """For which theme, and what takes its colours away."""
        self.wants_demo = False
        """Whether the person left for the example blog."""
        for theme in themes_for(self):
            self.register_theme(theme)
        self._chosen = self._recall_choice()
        """The theme that was chosen last, as the last start left it."""
        self._begin_in(theme_of(self._chosen, library.settings.screen_theme))

    def get_default_screen(self) -> Screen[None]:
        """Start on the reader."""
        images = None if self.places is None else self.places.images
        return ReaderScreen(self.library, now=self._now, images=images)

    @property
    def reader(self) -> ReaderScreen:
        """The screen below all others."""
        screen = self.screen_stack[0]
        assert isinstance(screen, ReaderScreen)  # noqa: S101 (get_default_screen makes it)
        return screen

    def on_mount(self) -> None:
        self.call_after_refresh(self._first_screen_drawn)
        settings = self.library.settings
        if settings.refresh_every_minutes > 0:
            seconds = max(60, settings.refresh_every_minutes * 60 / LOOKS_AN_INTERVAL)
            self.set_interval(seconds, self._refresh_due)

    def _first_screen_drawn(self) -> None:
        if self._when_drawn is not None:
            self._when_drawn()
        self._forget_choice()
        if self.library.settings.refresh_at_start and not self.library.is_offline:
            self.set_timer(REFRESH_AFTER_SECONDS, self._refresh_due)

    async def on_event(self, event: events.Event) -> None:
        """Let what is said at the foot go with the next key or click."""
        if isinstance(event, events.Key | events.MouseDown) and not event.is_forwarded:
            stack = self.screen_stack
            if stack and isinstance(stack[0], ReaderScreen) and stack[0].is_mounted:
                stack[0].status.let_go()
        await super().on_event(event)

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Do what a key stands for; on a screen that was just opened once its parts are there.

        A key that came together with the one that opened it, as over a slow line, would find nothing to act on.
        """
        if isinstance(default_namespace, Screen) and not default_namespace.is_mounted:
            run = super().run_action
            return default_namespace.call_later(run, action, default_namespace, namespaces)
        return await super().run_action(action, default_namespace, namespaces)

    def on_app_focus(self) -> None:
        """Look at once for what was changed while the person was elsewhere."""
        if self.screen_stack and self.reader.is_mounted:
            self.reader.look_for_others()

    def on_welcome_screen_demo_chosen(self) -> None:  # by name: its module is imported when needed
        """Leave for the example blog, which has a library of its own."""
        if self._has_demo:
            self.wants_demo = True
            self.exit()
        else:
            self.notify(_("Leave with q, then run: flodeslasare demo"), markup=False)

    # --- refresh ---------------------------------------------------------------------------------

    def _refresh_due(self) -> None:
        """Ask the feeds that are due, unless a refresh is under way: it is not to be broken off for that."""
        if not self.screen_stack:  # the person has left before the first of them was asked
            return
        under_way = any(
            worker.group == "refresh" and not worker.is_finished for worker in self.workers
        )
        is_in_vain = self.library.is_offline or self.library.read_only is not None
        if not (is_in_vain or self.reader.is_empty or under_way):
            self.refresh_feeds(None, due_only=True)

    @on(ReaderScreen.RefreshRequested)
    def _refresh_now(self, event: ReaderScreen.RefreshRequested) -> None:
        self.refresh_feeds(event.feed_ids, due_only=event.due_only)

    @work(exclusive=True, group="refresh", description="refresh feeds")
    async def refresh_feeds(self, feed_ids: Sequence[int] | None, *, due_only: bool) -> None:
        """Refresh feeds, posting each result as it lands; a failed feed is one more result."""
        reader = self.reader
        is_any_asked = False
        problem: str | None = None
        await asyncio.to_thread(import_texts)
        try:
            async with aclosing(self.library.refresh(feed_ids, due_only=due_only)) as results:
                async for result in results:
                    is_any_asked = True
                    if isinstance(result, FeedStarted):
                        reader.post_message(FeedAsked(result))
                    elif isinstance(result, RefreshWaits):
                        reader.post_message(RefreshWaiting())
                    else:
                        reader.post_message(FeedRefreshed(result))
        except ReaderError as error:
            problem = str(error)
        is_news = is_any_asked or problem is not None or not due_only
        reader.post_message(RefreshFinished(problem, is_news=is_news))

    # --- commands --------------------------------------------------------------------------------

    def action_command_palette(self) -> None:
        """Show every command by its name, and ask for one in the language of the screen.

        Not over a dialog: what the reader did would be hidden below it, and what is typed next be taken for its keys.
        """
        if isinstance(self.screen, ReaderScreen):
            self.push_screen(CommandPalette(placeholder=_("Search for commands…")))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:  # noqa: ARG002
        """List the commands of the palette."""
        from flodeslasare.tui.screens._palette import commands

        return commands(self)

    def choose_theme(self, name: str) -> None:
        """Go over to a theme at once, and begin in it from now on, until the settings name another."""
        status = self.reader.status
        if not has_colours(self):
            status.tell(_("a theme is made of colours, and the screen has none"))
            return
        self.theme = name
        if self.library.read_only is not None:
            status.tell(_("{theme} until you leave: nothing is kept here").format(theme=name))
            return
        self.reader.memory.keep_theme(
            Chosen(name=name, in_settings=self.library.settings.screen_theme)
        )
        status.tell(_("{theme} from now on").format(theme=name))

    def get_css_variables(self) -> dict[str, str]:
        """Give the theme's colours; where there are few, those that can be told apart."""
        variables = super().get_css_variables()
        if has_few_colours(self):
            variables |= {name: variables[other] for name, other in IN_16_COLOURS.items()}
        return variables

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Write no colour where NO_COLOR is set: the terminal's own are used."""
        if not self.no_color:
            return super().get_line_filters()
        if self._colourless is None or self._colourless[0] != self.theme:
            from flodeslasare.tui._without_colour import WithoutColour

            self._colourless = self.theme, WithoutColour(self.get_css_variables())
        return [self._colourless[1]]

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Give our colours to a theme that lacks them: those of the theme of ours that is as light."""
        ours = next(theme for theme in themes_for(self) if theme.dark == self.current_theme.dark)
        return dict(ours.variables)

    def _begin_in(self, name: str) -> None:
        """Start in a theme; setting `theme` would parse all styles a second time."""
        self.set_reactive(App.theme, name)
        self.stylesheet.set_variables(self.get_css_variables())
        self.set_class(self.current_theme.dark, "-dark-mode", update=False)
        self.set_class(not self.current_theme.dark, "-light-mode", update=False)

    def _recall_choice(self) -> Chosen | None:
        try:
            return chosen_theme(self.library)
        except ReaderError:  # the reader's screen meets the same trouble, and tells of it
            return None

    def _forget_choice(self) -> None:
        """Forget a choice of before the settings were changed: they may come to name again what they did then."""
        named = self.library.settings.screen_theme
        if self._chosen is not None and self._chosen.in_settings != named:
            self.reader.memory.keep_theme(Chosen(name="", in_settings=named))

    def action_interrupt(self) -> None:
        """End as a program does that was interrupted (128 + SIGINT)."""
        self.exit(return_code=130)

    def action_help_quit(self) -> None:
        """Do on Ctrl+C what other programs do."""
        self.action_interrupt()


def run_reader(
    library: Library,
    *,
    places: Places | None = None,
    demo: Callable[[], int] | None = None,
) -> int:
    """Run the reader until the person leaves it.

    Args:
        library: what it shows.
        places: where the files are.
        demo: opens the example blog, for a person who chooses it on an empty library.

    Returns:
        What the program should exit with: 0, 130 after Ctrl+C, or 128 and the number of the signal that ended it.
    """
    app = FeedReaderApp(library, places=places, has_demo=demo is not None, when_drawn=collect_again)
    asyncio.run(_run(app))
    if app.wants_demo and demo is not None:
        return demo()
    return app.return_code or 0


async def _run(app: FeedReaderApp) -> None:
    """Run the application; where it is ended from outside, it leaves as `q` does."""
    endings = Endings(lambda code: app.exit(return_code=code))
    await app.run_async()
    endings.parted()


def collect_again() -> None:
    """Let the garbage collector work again, and leave out what the start has made: it stays.

    It collects everything ten times less often than is usual, for that walks all that a refresh holds just
    then: with a feed of 20,000 entries the screen stood still for 150 ms, and does for 40.
    """
    gc.freeze()
    gc.set_threshold(700, 10, 100)
    gc.enable()
