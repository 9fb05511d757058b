"""The explorer as a test sees it: what is on the screen, and what a user's hands can do."""

import io
import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import av
import numpy as np
import numpy.typing as npt
from playwright.sync_api import Locator, Page, Request, Route, expect

Pixels = npt.NDArray[np.uint8]
T = TypeVar("T")
PATIENCE = 60.0  # seconds: a bound against waiting for ever; a machine that is busy otherwise may need many
# As slow as Chromium plays: a segment lasts most of a minute, so that no sound ends while a test still looks.
SLOW = 1 / 16
AT_PACE = f"""addEventListener("loadstart", ({{ target }}) => {{
  target.defaultPlaybackRate = target.playbackRate = window.pace ?? {SLOW};
}}, true);"""


class Explorer:
    """Drives one page."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.stage = page.locator("#stage")
        self.legend = page.get_by_role("region", name="Colours")
        self.details = page.get_by_role("tabpanel", name="Point")
        self.tags = self.details.get_by_role("region", name="Tags")
        self.neighbours = self.details.get_by_role("region", name="Nearest neighbours").locator("li button")
        self.player = page.get_by_role("region", name="Player")
        self.card = page.locator("[data-part=card]")
        self.message = page.locator("[data-part=message]")
        self.running = page.locator("#running")
        self.requests: list[Request] = []
        page.on("request", self._remember)
        play_slowly(page)

    def _remember(self, request: Request) -> None:
        self.requests.append(request)

    # ---- opening and waiting ------------------------------------------------------------------

    def open(self, query: str = "", state: str = "ready") -> "Explorer":
        """Open the page and wait for a state: ready, empty or error."""
        self.page.goto(f"{self.address}/{query}")
        self.wait_for(state)
        return self

    def wait_for(self, state: str) -> None:
        self.page.locator(f"html[data-state={state}]").wait_for(state="attached")

    def until(self, condition: Callable[[], T]) -> T:
        """Wait until a condition holds; return its value."""
        deadline = time.monotonic() + PATIENCE
        while not (value := condition()):
            assert time.monotonic() < deadline, "waited in vain"
            self.page.wait_for_timeout(30)
        return value

    def settle(self) -> None:
        """Wait until what was drawn last is on the screen and in the address."""
        self.page.evaluate("() => new Promise((done) => setTimeout(done, 250))")
        self.wait_for_frames(3)  # a change of size is noticed in one frame, and drawn in the next

    def wait_for_frames(self, count: int) -> None:
        """Wait until the page has drawn what it was about to draw."""
        script = """(count) => new Promise((done) => {
          const next = () => (count-- > 0 ? requestAnimationFrame(next) : done());
          next();
        })"""
        self.page.evaluate(script, count)

    # ---- what is there ------------------------------------------------------------------------

    @property
    def points(self) -> int:
        return int(self.page.evaluate("document.documentElement.dataset.points"))

    @property
    def address_state(self) -> dict[str, str]:
        """The parameters in the address bar."""
        return {name: values[0] for name, values in parse_qs(urlsplit(self.url).query).items()}

    @property
    def url(self) -> str:
        """The address as the page has it now; Playwright's own ``page.url`` may lag behind."""
        return str(self.page.evaluate("location.href"))

    @property
    def selected(self) -> int | None:
        """Row of the chosen point."""
        text = self.stage.get_attribute("data-selected")
        return int(text) if text else None

    @property
    def linked(self) -> list[int]:
        """Rows that lines lead to."""
        text = self.stage.get_attribute("data-linked")
        return [int(row) for row in text.split(",")] if text else []

    @property
    def audio(self) -> dict[str, Any]:
        """Facts about the audio element."""
        script = """(audio) => ({paused: audio.paused, time: audio.currentTime, source: audio.src,
                                 duration: audio.duration, ready: audio.readyState})"""
        facts: dict[str, Any] = self.page.locator("audio").evaluate(script)
        return facts

    def asked(self, part: str) -> list[Request]:
        """Requests whose address contains a text."""
        return [request for request in self.requests if part in request.url]

    def get(self, path: str, **parameters: Any) -> Any:
        """Ask the API what the page should show."""
        response = self.page.request.get(f"{self.address}/api/v1/{path}", params=parameters)
        assert response.ok, response.text()
        return response.json()

    # ---- pixels -------------------------------------------------------------------------------

    def pixels(self, locator: Locator | None = None) -> Pixels:
        """uint8, shape=(height, width, 3): what the screen shows of the map, or of another part."""
        box = (locator or self.stage).bounding_box()
        assert box is not None
        return decode(self.page.screenshot(clip=box))

    def drawn_points(self) -> Pixels:
        """The layer of the points, without what lies over it."""
        return self._layer(0)

    def until_drawn(self, condition: Callable[[Pixels], Any]) -> Pixels:
        """Wait until a condition holds for the layer of the points; return the picture."""
        image = self.drawn_points()

        def holds() -> bool:
            nonlocal image
            if condition(image):
                return True
            image = self.drawn_points()
            return False

        self.until(holds)
        return image

    def drawn_marks(self) -> Pixels:
        """The layer of rings and lines."""
        return self._layer(1)

    def _layer(self, shown: int) -> Pixels:
        others = self.page.locator(f".view > :not(.stage), .stage > :not(canvas:nth-of-type({shown + 1}))")
        script = """(all, [visibility, outline]) => {
          for (const part of all) part.style.visibility = visibility;
          document.getElementById("stage").style.outlineStyle = outline;
        }"""
        others.evaluate_all(script, ["hidden", "none"])
        try:
            self.wait_for_frames(2)
            return self.pixels()
        finally:
            others.evaluate_all(script, ["", ""])

    def colours_in_legend(self) -> list[tuple[int, int, int]]:
        """RGB of the categories, in the legend's order."""
        script = "(all) => all.map((s) => s.style.backgroundColor.match(/\\d+/g).map(Number))"
        found: list[list[int]] = self.legend.locator(".swatch").evaluate_all(script)
        return [(r, g, b) for r, g, b in found]

    # ---- hands --------------------------------------------------------------------------------

    def choose_on_map(self) -> tuple[float, float]:
        """Click the point that is nearest to the middle of the map; return its place on the screen."""
        place = self.find_point()
        self.page.mouse.click(*place)
        expect(self.stage).not_to_have_attribute("data-selected", "")
        return place

    def find_point(self) -> tuple[float, float]:
        """Place on the screen of a point near the middle: pixels that are not the background's."""
        image = self.until_drawn(lambda image: differs(image).any())
        drawn = differs(image)
        rows, columns = np.nonzero(drawn)
        middle = np.array(image.shape[:2]) / 2
        nearest = np.argmin((rows - middle[0]) ** 2 + (columns - middle[1]) ** 2)
        box = self.stage.bounding_box()
        assert box is not None
        return box["x"] + float(columns[nearest]), box["y"] + float(rows[nearest])

    def wait_for_details(self) -> None:
        """Wait until the panel shows the chosen point, its tags and neighbours."""
        self.until(lambda: "track" in self.address_state)
        state = self.address_state
        point = ":".join(state[name] for name in ("track", "segment") if name in state)
        expect(self.details).to_have_attribute("data-point", point)


class Held:
    """Requests of a pattern, held back until they are let go."""

    def __init__(self, page: Page, pattern: str) -> None:
        self.routes: list[Route] = []
        page.route(pattern, self._hold)

    def _hold(self, route: Route) -> None:
        self.routes.append(route)


def play_slowly(page: Page) -> None:
    """Let all sound of a page go on slowly, until another pace is set."""
    page.add_init_script(AT_PACE)


def set_pace(page: Page, pace: float) -> None:
    """Let the sound of the page that is open go on faster or slower; 1 is the usual pace."""
    script = """(pace) => {
      window.pace = pace;
      for (const audio of document.querySelectorAll("audio")) {
        audio.defaultPlaybackRate = audio.playbackRate = pace;
      }
    }"""
    page.evaluate(script, pace)


def decode(png: bytes) -> Pixels:
    """uint8, shape=(height, width, 3)."""
    with av.open(io.BytesIO(png)) as container:
        return np.asarray(next(container.decode(video=0)).to_ndarray(format="rgb24"))


def background(image: Pixels) -> npt.NDArray[np.uint8]:
    """uint8, shape=(3,): the most frequent colour of a picture."""
    colours, counts = np.unique(image[::5, ::5].reshape(-1, 3), axis=0, return_counts=True)
    return np.asarray(colours[counts.argmax()])


def differs(image: Pixels, by: int = 24) -> npt.NDArray[np.bool_]:
    """bool, shape=(height, width): where something is drawn on the background."""
    return np.abs(image.astype(int) - background(image).astype(int)).max(axis=2) > by


def count_colour(image: Pixels, colour: tuple[int, int, int]) -> int:
    """Pixels of a colour, pure or mixed with the background as translucent points are."""
    share = np.linspace(0.75, 1, 6)[:, None]
    mixed = share * np.array(colour) + (1 - share) * background(image)
    drawn = image[differs(image)]
    near = np.abs(drawn[:, None, :] - mixed).max(axis=2) < 8
    return int(near.any(axis=1).sum())
