"""The address bar: it holds everything, and the back button undoes."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.explorer import Explorer


def test_address_names_everything_when_opened_without_wishes(explorer: Explorer) -> None:
    explorer.open()

    network = explorer.get("networks")["networks"][0]
    assert explorer.address_state == {
        "network": network["name"],
        "layer": "embeddings",
        "level": "segments",
        "projection": "umap",
        "x": "0",
        "y": "1",
        "colour": "genre",
    }


def test_link_shows_a_colleague_the_same_when_opened_elsewhere(explorer: Explorer) -> None:
    explorer.open("?network=msd-vgg&layer=taggrams&projection=pca&x=2&y=0&colour=artist")
    explorer.page.mouse.move(*explorer.find_point())
    explorer.page.mouse.wheel(0, -400)
    explorer.until(lambda: "view" in explorer.address_state)
    explorer.page.mouse.move(2, 2)
    explorer.choose_on_map()
    explorer.wait_for_details()
    address, selected, linked = explorer.url, explorer.selected, explorer.linked
    image = explorer.drawn_points()

    explorer.page.goto("about:blank")
    explorer.open(address.removeprefix(explorer.address + "/"))
    explorer.wait_for_details()

    assert explorer.url == address
    assert (explorer.selected, explorer.linked) == (selected, linked)
    assert (explorer.drawn_points() != image).any(axis=2).mean() < 0.02
    assert explorer.audio["paused"]  # nobody is startled by sound


def test_back_button_undoes_one_choice_at_a_time_when_pressed(explorer: Explorer) -> None:
    explorer.open("?network=mtt-musicnn")
    page = explorer.page
    page.get_by_label("Network").select_option("audioset-vggish")
    expect(page).to_have_url(_with("network=audioset-vggish"))
    page.get_by_label("Projection").select_option("pca")
    expect(page).to_have_url(_with("projection=pca"))
    explorer.wait_for("ready")

    page.go_back()
    expect(page.get_by_label("Projection")).to_have_value("umap")
    expect(page.get_by_label("Network")).to_have_value("audioset-vggish")
    page.go_back()
    expect(page.get_by_label("Network")).to_have_value("mtt-musicnn")
    page.go_forward()
    expect(page.get_by_label("Network")).to_have_value("audioset-vggish")
    explorer.wait_for("ready")
    expect(page.locator("[data-part=counts]")).to_contain_text("1,6")


def _with(part: str) -> re.Pattern[str]:
    return re.compile(re.escape(part))


def test_place_in_the_track_is_kept_when_another_network_is_chosen(explorer: Explorer) -> None:
    explorer.open("?network=mtt-musicnn&track=1&segment=3")
    explorer.wait_for_details()

    explorer.page.get_by_label("Network").select_option("audioset-vggish")

    # The middle of segment 3 of 2.992 s is at 10.47 s: in segment 10 of 0.96 s.
    expect(explorer.details).to_have_attribute("data-point", "1:10")


def test_selection_comes_back_when_it_is_too_long_for_the_address(explorer: Explorer) -> None:
    page = explorer.open("?network=mtt-musicnn&other.network=msd-vgg").page
    note = page.get_by_text("not in the link").first
    ragged = [{"track": track, "segment": at} for track in range(1, 61) for at in range(0, 40, 2)]
    select = """async (points) => {
      const { writeSelection } = await import("/static/js/selection-text.js");
      const text = writeSelection(points);
      history.replaceState({ selected: text }, "");
      return text.length;
    }"""
    assert page.evaluate(select, ragged) > 1500
    page.reload()
    explorer.wait_for("ready")
    expect(explorer.stage).not_to_have_attribute("data-marked", "0")
    marked = explorer.stage.get_attribute("data-marked") or ""
    assert "selected" not in explorer.address_state
    expect(note).to_be_visible()

    page.keyboard.press("Escape")
    expect(explorer.stage).to_have_attribute("data-marked", "0")
    expect(note).to_be_hidden()
    page.go_back()
    expect(explorer.stage).to_have_attribute("data-marked", marked)
    expect(note).to_be_visible()


@pytest.mark.parametrize(
    "query",
    [
        "?network=nonsense&layer=nonsense&level=nonsense&projection=nonsense&x=-1&y=seven&colour=tag:nonsense",
        "?track=abc&segment=-5&view=1,2",
        "?view=NaN,Infinity,1e99",
        "?network=%3Cscript%3Ealert(1)%3C/script%3E",
    ],
)
def test_what_exists_is_shown_when_the_address_is_nonsense(explorer: Explorer, query: str) -> None:
    explorer.open(query)

    assert explorer.points == explorer.get("networks")["networks"][0]["segments"]
    assert "nonsense" not in explorer.url


def test_page_says_so_when_the_address_names_what_there_is_not(explorer: Explorer) -> None:
    asked = "?network=mtt-vgg&layer=xx&projection=zzz&colour=tag:polka&heard=0.2-1:gong&only=mood:dark"
    page = explorer.open(f"{asked}&other.network=nope").page
    notice = page.locator("#notice")
    expect(notice).to_contain_text(
        "This library has no network “mtt-vgg”, no layer “xx”, no projection “zzz”, no tag “polka”, "
        "no tag “gong”, no attribute “mood”, no network “nope”. You see "
    )
    notice.get_by_role("button", name="Close").click()
    expect(notice).to_be_hidden()

    address = explorer.url
    explorer.open("?" + address.split("?")[1])  # what the page itself writes is there
    explorer.open(
        "?network=mtt-musicnn&layer=taggrams&projection=original&x=rock&x_minus=pop&colour=tag:flute"
    )
    expect(notice).to_be_hidden()


def test_panel_says_so_when_the_address_names_a_track_that_is_not_there(explorer: Explorer) -> None:
    explorer.open("?track=987654")

    expect(explorer.details).to_contain_text("987654")
    assert explorer.selected is None


def test_selection_is_in_the_address_when_points_are_selected(explorer: Explorer) -> None:
    page = explorer.open("?network=mtt-musicnn").page
    explorer.stage.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+Enter")
    explorer.until(lambda: "selected" in explorer.address_state)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+Enter")
    expect(explorer.stage).to_have_attribute("data-marked", "2")

    page.go_back()
    expect(explorer.stage).to_have_attribute("data-marked", "1")
    page.go_forward()
    expect(explorer.stage).to_have_attribute("data-marked", "2")
    page.reload()
    expect(explorer.stage).to_have_attribute("data-marked", "2")
    page.get_by_label("Projection").select_option("pca")
    explorer.until(lambda: explorer.address_state["projection"] == "pca")
    explorer.wait_for("ready")
    page.go_back()
    expect(page.get_by_label("Projection")).to_have_value("umap")
    expect(explorer.stage).to_have_attribute("data-marked", "2")


def test_selection_of_segments_comes_back_when_tracks_were_shown_in_between(explorer: Explorer) -> None:
    page = explorer.open("?network=mtt-musicnn&level=segments&selected=1:0-1_2:3").page
    expect(explorer.stage).to_have_attribute("data-marked", "3")
    page.get_by_text("tracks", exact=True).click()
    explorer.until(lambda: explorer.address_state.get("selected") == "1-2")
    expect(explorer.stage).to_have_attribute("data-marked", "2")

    page.go_back()
    expect(explorer.stage).to_have_attribute("data-marked", "3")
    assert explorer.address_state["selected"] == "1:0-1_2:3"
    explorer.open("?network=mtt-musicnn&level=segments&selected=1")  # a whole track
    segments = explorer.get("tracks/1")["networks"]["mtt-musicnn"]["segments"]
    expect(explorer.stage).to_have_attribute("data-marked", str(segments))


@pytest.mark.parametrize("view", ["0,0,1e120", "0,0,0", "1e300,1e300,-2"])
def test_map_is_shown_all_the_same_when_the_view_is_absurd(explorer: Explorer, view: str) -> None:
    explorer.open(f"?view={view}&other.view={view}&other.network=msd-vgg")
    assert explorer.points > 0


class TestModule:
    """The module that turns the state into an address and back."""

    @pytest.fixture
    def blank(self, page: Page, server: str) -> Page:
        page.goto(f"{server}/health")
        return page

    def test_state_survives_the_address_when_its_names_are_odd(self, blank: Page) -> None:
        state = {
            "network": "a&b",
            "layer": "ü/ö",
            "level": "tracks",
            "projection": "original",
            "x": "hip-hop",
            "y": "female vocal",
            "colour": "tag:rock & roll + 50 %",
            "track": 12,
            "segment": 0,
            "view": {"x": 0.123, "y": 0.5, "zoom": 2.5},
            "x_minus": "rock & roll",
            "y_minus": "piano",
            "x_scale": "log",
            "y_scale": "log",
            "labels": False,
            "selected": "3:0-4.7_5:1",
            "tab": "quality",
            "filter": {
                "text": "a, b: c",
                "tags": [{"tag": "rock:pop, 0-1", "low": 0.25, "high": 1}],
                "attributes": [
                    {"name": "artist", "value": "AC/DC: live, 50 %"},
                    {"name": "mood/theme", "value": "dark"},
                ],
                "ranges": [
                    {"name": "year", "low": 1990, "high": 1999},
                    {"name": "bpm", "low": None, "high": 120},
                ],
                "tracks": 20,
                "lot": 3,
                "every": 4,
                "hide": True,
            },
            "other": {
                "network": "b=c",
                "layer": "taggrams",
                "projection": "original",
                "x": "0",
                "y": "1",
                "x_minus": "piano",
                "y_minus": None,
                "x_scale": "log",
                "y_scale": "log",
                "colour": "overlap:a&b/ü/ö",
                "view": {"x": 0.25, "y": 0.75, "zoom": 1.5},
            },
        }

        found = blank.evaluate(
            """async (state) => {
              const { formatQuery, parseQuery } = await import("/static/js/state.js");
              return parseQuery(formatQuery(state));
            }""",
            state,
        )

        assert found.pop("other") == {name: value for name, value in state.pop("other").items() if value}
        assert found == state

    @pytest.mark.parametrize(
        ("points", "text"),
        [
            ([], None),
            ([(3, 0), (3, 1), (3, 2), (3, 7), (5, 1)], "3:0-2.7_5:1"),
            ([(3, None), (4, None), (9, None)], "3-4.9"),
        ],
    )
    def test_selection_survives_as_text(
        self, blank: Page, points: list[tuple[int, int | None]], text: str | None
    ) -> None:
        given = [{"track": track, "segment": segment} for track, segment in points]
        found = blank.evaluate(
            """async (points) => {
              const { readSelection, writeSelection } = await import("/static/js/selection-text.js");
              const text = writeSelection(points);
              return [text, readSelection(text)];
            }""",
            given,
        )
        assert found == [text, given if text else []]

    def test_selection_is_no_text_when_it_is_long(self, blank: Page) -> None:
        found = blank.evaluate(
            """async (count) => {
              const { writeSelection } = await import("/static/js/selection-text.js");
              return writeSelection(Array.from({ length: count }, (_, track) => ({ track, segment: 0 })));
            }""",
            250_001,
        )
        assert found is None
