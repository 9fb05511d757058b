"""Take the pictures of the documentation: ``python tools/take_screenshots.py [ADDRESS [FOLDER [NAME ...]]]``.

The page must be served over the demo library (``make demo``). Needs the development tools and Chromium.
"""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
SWITCHES = ("--no-sandbox", "--mute-audio", "--use-gl=angle", "--use-angle=swiftshader")
WIDE = (1400, 860)
PHONE = (390, 844)
REST = 1500  # milliseconds for labels and pictures to come after all else
SPACE = "network=mtt-musicnn&layer=embeddings&level="
MAP = f"/?{SPACE}segments&projection=umap"
TAGS = "network=mtt-musicnn&layer=taggrams&level=segments&projection=original"
CHOSEN = "&track=8&segment=4"
LISTED = "&selected=4:3_11:2_17:5_23:1_29:6_36:4_42:2_51:3_58:5"


def _open_tab(name: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.get_by_role("tab", name=name).click()

    return act


def _select(page: Page) -> None:
    """Draw a box around the right half of the map."""
    page.get_by_role("button", name="Box").first.click()
    box = page.locator("#stage").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.45, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.93, box["y"] + box["height"] - 30, steps=8)
    page.mouse.up()
    page.get_by_role("tab", name="Selection").click()


def _make_playlist(page: Page) -> None:
    """Make a playlist of what is selected, open it and hear its third piece."""
    page.get_by_role("tab", name="Playlists").click()
    page.get_by_label("Name of a new playlist").fill("From strings to drums")
    page.get_by_role("button", name="Make").click()
    page.locator(".order-name").nth(2).click()


def _compare(page: Page) -> None:
    page.get_by_role("button", name="Colour by agreement").click()


def _filter(page: Page) -> None:
    page.get_by_role("button", name="Filter").first.click()


def _send_song(page: Page, field: str) -> None:
    """Send a track of the library as if it were none."""
    origin = page.evaluate("location.origin")
    content = page.request.get(f"{origin}/audio/track/8").body()
    song = {"name": "Not yet in the library.mp3", "mimeType": "audio/mpeg", "buffer": content}
    page.set_input_files(field, song)


def _analyse(page: Page) -> None:
    _send_song(page, "#files")
    sent = page.locator("#rows > li[data-state=finished]").filter(has_text="Not yet in the library")
    sent.first.get_by_role("link").click()
    page.locator(".js-plotly-plot").first.wait_for()


def _add_song(page: Page) -> None:
    _send_song(page, "#song-file")
    page.locator("#song .neighbour").first.wait_for()


def _do_nothing(page: Page) -> None:
    """Show the page as it comes."""


Scene = tuple[str, tuple[int, int], str, Callable[[Page], None]]
SCENES: dict[str, Scene] = {
    "explore": (f"{MAP}&colour=genre{CHOSEN}", WIDE, "light", _do_nothing),
    "dark": (f"/?{SPACE}segments&projection=tsne&colour=tag:guitar{CHOSEN}", WIDE, "dark", _do_nothing),
    "tracks": (f"/?{SPACE}tracks&projection=umap&colour=strongest&track=8", WIDE, "light", _do_nothing),
    "trajectories": (f"/?{SPACE}trajectories&projection=pca{CHOSEN}", WIDE, "light", _do_nothing),
    "two-tags": (f"/?{TAGS}&x=fast&x_minus=slow&y=loud&y_minus=quiet", WIDE, "light", _do_nothing),
    "filter": (f"{MAP}&colour=kept&heard=0.3-1:guitar", WIDE, "dark", _filter),
    "compare": (f"{MAP}&other.network=msd-vgg{CHOSEN}", WIDE, "light", _compare),
    "taggram": (f"{MAP}{CHOSEN}", WIDE, "light", _open_tab("Taggram")),
    "selection": (f"{MAP}&colour=genre", WIDE, "light", _select),
    "playlist": (f"{MAP}&colour=genre{LISTED}", WIDE, "light", _make_playlist),
    "quality": (f"{MAP}&colour=kept{CHOSEN}", WIDE, "dark", _open_tab("Quality")),
    "similarity": ("/similarity", WIDE, "light", _do_nothing),
    "analyse": ("/analyse", WIDE, "light", _analyse),
    "song": (f"{MAP}&colour=genre", WIDE, "light", _add_song),
    "phone": (f"{MAP}&colour=genre{CHOSEN}", PHONE, "light", _do_nothing),
}


def main() -> None:
    """Take all pictures, or those that are named after the folder."""
    address, folder, *names = [*sys.argv[1:], *("http://127.0.0.1:5000", "docs")[len(sys.argv) - 1 :]]
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=SWITCHES)
        for name in names or SCENES:
            _take(browser, address, Path(folder) / f"{name}.png", SCENES[name])
        browser.close()


def _take(browser: Browser, address: str, path: Path, scene: Scene) -> None:
    query, (width, height), scheme, act = scene
    page = browser.new_page(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page.goto(address + query)
    page.locator("html[data-state=ready]").wait_for(state="attached")
    act(page)
    page.wait_for_timeout(REST)
    page.screenshot(path=path)
    page.close()
    print(path)


if __name__ == "__main__":
    main()
