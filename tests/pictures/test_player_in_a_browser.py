"""The player in a real browser: what it shows, how it is steered, and that it keeps to itself."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from autograd import Value, gradients, play, tanh
from autograd.pictures.render import NotRendered, rendered
from autograd.pictures.steps import Steps, steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
QUIET = [
    "--no-sandbox",  # which root in a container has not
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def missing() -> str:
    """What the tests here would need and is not there."""
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError:
        return "playwright (pip install -e '.[slow]')"
    if not any(map(shutil.which, PROGRAMS)):
        return "a browser (apt-get install chromium)"
    try:
        rendered("digraph { a }", "svg")
    except NotRendered as problem:
        return str(problem)
    return ""


pytestmark = [
    pytest.mark.slow(reason="starts a browser, and waits for what moves"),
    pytest.mark.skipif(
        bool(missing()), reason=f"THE PLAYER WAS NOT TESTED IN A BROWSER: missing {missing()}"
    ),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, PROGRAMS)))
    with sync_playwright() as started:
        running = started.chromium.launch(executable_path=program, args=QUIET)
        yield running
        running.close()


class Tab:
    """A page in the browser. Whatever it asks the network for is refused and remembered."""

    def __init__(self, browser: Browser, folder: Path, **options: Any) -> None:
        self.folder = folder
        self.context = browser.new_context(viewport={"width": 1300, "height": 900}, **options)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.route("**/*", self.gate)

    def gate(self, route: Any) -> None:
        if route.request.url.startswith(("file:", "data:")):
            route.continue_()
        else:
            self.complaints.append(f"asked for {route.request.url}")
            route.abort()

    def show(self, html: str) -> Page:
        """A page with this body, opened from a file."""
        path = self.folder / "page.html"
        path.write_text(f'<!DOCTYPE html><meta charset="utf-8">{html}', encoding="utf-8")
        self.page.goto(path.as_uri())
        return self.page


@pytest.fixture
def tab(browser: Browser, tmp_path: Path) -> Iterator[Tab]:
    opened = Tab(browser, tmp_path)
    yield opened
    opened.context.close()
    assert opened.complaints == []


@pytest.fixture
def scriptless(browser: Browser, tmp_path: Path) -> Iterator[Tab]:
    opened = Tab(browser, tmp_path, java_script_enabled=False)
    yield opened
    opened.context.close()
    assert opened.complaints == []


def neuron() -> Value:
    w, x, b = Value(0.75, label="w"), Value(-1.5, label="x"), Value(0.125, label="b")
    h = w * x + b
    h.label = "h"
    return h + tanh(h)


# The numbers on lines, in drawings, through which a line or a box or another number runs.
STRUCK = """drawings => drawings.flatMap(svg => [...svg.querySelectorAll(".note")].filter(note => {
    const t = note.querySelector("text").getBBox();
    const within = (x, y) => t.x < x && x < t.x + t.width && t.y + 3 < y && y < t.y + t.height - 3;
    const crossed = [...svg.querySelectorAll(".line path")].some(path => {
        const length = path.getTotalLength();
        for (let at = 0; at < length; at++) {
            const point = path.getPointAtLength(at);
            if (within(point.x, point.y)) return true;
        }
    });
    return crossed || [...svg.querySelectorAll(".box, .note")].some(other => {
        const b = other.querySelector("rect").getBBox();
        return other !== note && b.x < t.x + t.width && t.x < b.x + b.width
            && b.y < t.y + t.height && t.y < b.y + b.height;
    });
}).map(note => note.textContent))"""


def counter(page: Page) -> str:
    return page.locator(".counter").inner_text()


def heading(page: Page) -> str:
    return page.locator(".heading").inner_text()


def numbers(page: Page, within: str = ".panel") -> list[float]:
    """The numbers that the player shows in its panel, with all their digits."""
    found = page.locator(f".views {within} data").evaluate_all("all => all.map(x => x.value)")
    return [float(value) for value in found]


def marked(page: Page, mark: str) -> list[str]:
    """The ids of the boxes and lines in the picture that bear a mark."""
    return list(page.locator(f"svg .{mark}").evaluate_all("all => all.map(x => x.dataset.id)"))


# Steering ---------------------------------------------------------------------------------------


def test_buttons_go_to_the_next_the_previous_the_first_and_the_last_step(tab: Tab) -> None:
    page = tab.show(play(neuron()).html)
    seen = [counter(page)]
    for name in ("Next step", "Next step", "Previous step", "Last step", "First step"):
        page.get_by_role("button", name=name).click()
        seen.append(counter(page))
    assert seen == ["1 / 15", "2 / 15", "3 / 15", "2 / 15", "15 / 15", "1 / 15"]


def test_at_the_ends_the_buttons_that_lead_nowhere_are_off(tab: Tab) -> None:
    page = tab.show(play(neuron()).html)
    assert page.get_by_role("button", name="Previous step").is_disabled()
    page.get_by_role("button", name="Last step").click()
    assert page.get_by_role("button", name="Next step").is_disabled()


def test_keys_do_the_same(tab: Tab) -> None:
    page = tab.show(play(neuron()).html)
    page.get_by_role("group").focus()
    seen = []
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "End", "ArrowRight", "Home", "ArrowLeft"):
        page.keyboard.press(key)
        seen.append(counter(page).split()[0])
    assert seen == ["2", "3", "2", "15", "15", "1", "1"]


def test_keys_go_on_working_after_a_button_has_led_to_the_end(tab: Tab) -> None:
    page = tab.show(play(neuron()).html)
    page.get_by_role("button", name="Last step").click()
    page.keyboard.press("ArrowLeft")
    assert counter(page) == "14 / 15"


def test_keys_that_the_player_uses_do_not_reach_the_page(tab: Tab) -> None:
    page = tab.show(play(neuron()).html)
    page.evaluate("window.heard = []; addEventListener('keydown', e => window.heard.push(e.key))")
    page.get_by_role("group").focus()
    for key in ("ArrowRight", "End", "a"):
        page.keyboard.press(key)
    assert page.evaluate("window.heard") == ["a"]


def test_the_slider_goes_anywhere_and_follows(tab: Tab) -> None:
    page = tab.show(play(neuron()).html)
    slider = page.get_by_role("slider", name="Step")
    slider.fill("9")
    assert counter(page) == "10 / 15"
    slider.press("ArrowRight")
    assert counter(page) == "11 / 15"
    page.get_by_role("button", name="Previous step").click()
    assert slider.input_value() == "9"


def test_it_plays_to_the_end_by_itself_and_begins_anew_from_there(tab: Tab) -> None:
    tab.page.clock.install()
    page = tab.show(play(neuron()).html)
    page.get_by_role("button", name="Play").click()
    page.clock.run_for(5000)
    assert counter(page) == "4 / 15"
    page.clock.run_for(60_000)
    assert counter(page) == "15 / 15"
    page.get_by_role("button", name="Play").click()
    assert counter(page) == "1 / 15"


def test_space_plays_and_pauses_and_so_does_any_other_step(tab: Tab) -> None:
    tab.page.clock.install()
    page = tab.show(play(neuron()).html)
    page.get_by_role("group").focus()
    page.keyboard.press("Space")
    page.clock.run_for(2000)
    page.keyboard.press("Space")
    page.clock.run_for(10_000)
    assert counter(page) == "2 / 15"
    page.keyboard.press("Space")
    assert page.get_by_role("button", name="Pause").is_visible()
    page.keyboard.press("ArrowRight")
    page.clock.run_for(10_000)
    assert counter(page) == "3 / 15"


# What it shows ----------------------------------------------------------------------------------


def recorded(passes: Steps) -> list[list[float]]:
    """The numbers that each step should show, as they were recorded."""
    shown = [
        [
            number
            for x in step.operands
            for number in ([x.data] if x.partial is None else [x.data, x.partial])
        ]
        for step in passes.forward
    ]
    for step in passes.backward:
        assert step.adjoint is not None
        shown.append([passes.sums[step.node]])
        for sent in step.contributions:
            shown[-1] += [step.adjoint, sent.partial, sent.product, sent.before, sent.after]
    leaves = [i for i, step in enumerate(passes.forward) if not step.operands]
    return [*shown, [passes.sums[i] for i in reversed(leaves)]]


def test_the_numbers_on_the_page_are_the_recorded_ones_at_every_step(tab: Tab) -> None:
    out = neuron()
    page = tab.show(play(out).html)
    page.get_by_role("group").focus()
    seen = []
    for _ in range(15):
        seen.append(numbers(page))
        page.keyboard.press("ArrowRight")
    assert seen == recorded(steps(out))


def test_the_gradients_at_the_end_are_those_of_backward(tab: Tab) -> None:
    out = neuron()
    page = tab.show(play(out).html)
    page.get_by_role("button", name="Last step").click()
    out.backward()
    leaves = [node for node in steps(out).nodes if node.op is None]
    assert numbers(page) == [leaf.grad for leaf in reversed(leaves)]


def test_the_picture_marks_the_node_its_operands_and_the_lines_between(tab: Tab) -> None:
    out = neuron()
    passes = steps(out)
    page = tab.show(play(out).html)
    page.get_by_role("group").focus()
    for step in passes.forward:
        assert marked(page, "now") == [f"n{step.node}"]
        page.keyboard.press("ArrowRight")
    for back in passes.backward:
        assert heading(page).endswith(f": {passes.names[back.node]}")
        assert marked(page, "now") == [f"n{back.node}"]
        assert set(marked(page, "fed")) == {f"n{sent.node}" for sent in back.contributions}
        assert set(marked(page, "on")) == {
            f"e{back.node}.{sent.position}" for sent in back.contributions
        }
        page.keyboard.press("ArrowRight")


def test_the_naive_order_is_shown_beside_the_right_one_with_its_wrong_numbers(tab: Tab) -> None:
    out = neuron()
    page = tab.show(play(out, order="naive").html)
    page.get_by_role("button", name="Last step").click()
    views = page.locator(".views .view")
    assert views.count() == 2
    right, naive = views.first.bounding_box(), views.last.bounding_box()
    assert right is not None
    assert naive is not None
    assert right["x"] + right["width"] <= naive["x"]
    passes = steps(out, order="naive")
    assert numbers(page, "tr.wrong") == [
        x for i in passes.wrong for x in (passes.sums[i], passes.right[i])
    ]
    assert len(marked(page, "lost")) == len(passes.wrong) > 0


def test_in_a_narrow_place_the_panel_is_below_the_picture_and_nothing_is_cut_off(tab: Tab) -> None:
    tab.page.set_viewport_size({"width": 480, "height": 900})
    page = tab.show(play(neuron()).html)
    page.get_by_role("slider").fill("10")
    picture = page.locator(".views .picture").bounding_box()
    panel = page.locator(".views .panel").bounding_box()
    assert picture is not None
    assert panel is not None
    assert picture["y"] + picture["height"] <= panel["y"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_in_a_wide_place_the_panel_is_beside_the_picture_and_no_column_is_cut_off(tab: Tab) -> None:
    x = Value(0.123456789, label="model.layers.0.neurons.0.w.0")
    page = tab.show(play(tanh(x) * -0.987654).html)
    page.get_by_role("slider").fill("4")
    picture = page.locator(".views .picture").bounding_box()
    panel = page.locator(".views .panel").bounding_box()
    table = page.locator(".views table").bounding_box()
    assert picture is not None
    assert panel is not None
    assert table is not None
    assert picture["x"] + picture["width"] <= panel["x"]
    assert table["x"] + table["width"] <= panel["x"] + panel["width"]


def test_the_letters_in_a_box_fit_in_it(tab: Tab) -> None:
    page = tab.show(play(neuron()).html)
    page.get_by_role("button", name="Last step").click()
    overflows = page.locator("svg .box").evaluate_all(
        """boxes => boxes.filter(box => {
            const frame = box.querySelector("rect").getBBox();
            return [...box.querySelectorAll("text")].some(text => {
                const letters = text.getBBox();
                return letters.x < frame.x || letters.x + letters.width > frame.x + frame.width
                    || letters.y + letters.height > frame.y + frame.height + 1;
            });
        }).map(box => box.textContent)"""
    )
    assert overflows == []


@pytest.mark.parametrize("order", ["topological", "naive"])
def test_no_line_and_no_box_runs_through_a_number_on_a_line(tab: Tab, order: str) -> None:
    a = Value(2.0, label="a")
    page = tab.show(play(gradients(tanh(a * a), a), order=order).html)
    page.get_by_role("group").focus()
    notes = 0
    for _ in range(int(counter(page).split()[-1])):
        notes += page.locator("svg .note").count()
        struck = page.locator("svg").evaluate_all(STRUCK)
        assert struck == []
        page.keyboard.press("ArrowRight")
    assert notes > 0


def test_a_long_name_stays_within_the_player(tab: Tab) -> None:
    x = Value(2.0, label="y" * 300)
    page = tab.show(play(x * x).html)
    page.get_by_role("group").focus()
    for _ in range(int(counter(page).split()[-1])):
        overflowing = page.locator(".heading, .panel").evaluate_all(
            "all => all.filter(x => x.scrollWidth > x.clientWidth).map(x => x.textContent)"
        )
        assert overflowing == []
        page.keyboard.press("ArrowRight")


# Themes -----------------------------------------------------------------------------------------

CONTRAST = """player => {
    const parsed = (name) => {
        const hex = getComputedStyle(player).getPropertyValue(name).trim();
        return [1, 3, 5].map(at => parseInt(hex.slice(at, at + 2), 16) / 255);
    };
    const light = (name) => parsed(name)
        .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const contrast = ([a, b]) => {
        const [x, y] = [light(a), light(b)];
        return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
    };
    return [
        ["--ink", "--paper"], ["--muted", "--paper"], ["--flow", "--paper"], ["--lost", "--paper"],
        ["--ink", "--now"], ["--ink", "--wash"], ["--ink", "--line"], ["--lost", "--blush"],
    ].map(contrast);
}"""


@pytest.mark.parametrize(
    ("ground", "theme"),
    [
        ("#ffffff", "light"),
        ("#111111", "dark"),
        ("oklch(0.95 0 0)", "light"),
        ("color-mix(in srgb, black, gray)", "dark"),
    ],
)
def test_it_takes_the_theme_of_what_is_behind_it_and_can_be_read(
    tab: Tab, ground: str, theme: str
) -> None:
    page = tab.show(f'<body style="background:{ground}">{play(neuron()).html}')
    player = page.get_by_role("group")
    assert player.get_attribute("data-theme") == theme
    assert min(player.evaluate(CONTRAST)) >= 4.5


def test_it_follows_when_the_page_changes_its_theme(tab: Tab) -> None:
    page = tab.show(f'<body style="background:white">{play(neuron()).html}')
    page.evaluate("document.body.style.background = 'black'")
    page.wait_for_function(
        "document.querySelector('.pencilgrad-player').shadowRoot"
        ".querySelector('.player').dataset.theme === 'dark'"
    )


def test_the_styles_of_the_page_do_not_reach_into_the_player(tab: Tab) -> None:
    html = play(neuron()).html
    hostile = "<style>* { color: red !important; font-size: 50px !important }</style>"
    page = tab.show(hostile + html)
    look = "x => [getComputedStyle(x).color, getComputedStyle(x).fontSize]"
    assert page.locator(".heading").evaluate(look) == ["rgb(31, 39, 51)", "15px"]


# Keeping to itself ------------------------------------------------------------------------------


def test_two_players_on_a_page_do_not_disturb_each_other(tab: Tab) -> None:
    page = tab.show(play(neuron()).html + play(tanh(Value(1.0, label="x"))).html)
    assert page.get_by_role("group").count() == 2
    page.get_by_role("button", name="Next step").first.click()
    page.get_by_role("button", name="Last step").last.click()
    assert page.locator(".counter").all_inner_texts() == ["2 / 15", "5 / 5"]


def test_the_same_player_can_stand_on_a_page_twice(tab: Tab) -> None:
    html = play(neuron()).html
    page = tab.show(html + html)
    page.get_by_role("button", name="Next step").first.click()
    assert page.locator(".counter").all_inner_texts() == ["2 / 15", "1 / 15"]


def test_the_page_gets_no_global_names_and_no_ids(tab: Tab) -> None:
    page = tab.show("")
    before = set(page.evaluate("Object.getOwnPropertyNames(window)"))
    page = tab.show(play(neuron()).html)
    page.get_by_role("button", name="Next step").click()
    assert set(page.evaluate("Object.getOwnPropertyNames(window)")) == before
    assert page.locator("[id]").count() == 0


def test_the_saved_page_plays(tab: Tab) -> None:
    play(neuron()).save(tab.folder / "backprop.html")
    tab.page.goto((tab.folder / "backprop.html").as_uri())
    tab.page.get_by_role("button", name="Next step").click()
    assert counter(tab.page) == "2 / 15"
    assert tab.page.title() == "Backpropagation through out, step by step"


# Without scripts --------------------------------------------------------------------------------


def page_of_notebook_2() -> str:
    """The executed notebook about the backward pass, with its outputs as they are kept."""
    import nbformat
    from nbconvert import HTMLExporter

    (path,) = Path(__file__).parents[2].glob("notebooks/2_*.ipynb")
    # The plain template: the others fetch scripts for formulas from the network.
    exporter = HTMLExporter(template_name="basic")
    html, _ = exporter.from_notebook_node(nbformat.read(path, as_version=4))
    return str(html)


def test_the_players_in_the_page_of_an_executed_notebook_play(tab: Tab) -> None:
    page = tab.show(page_of_notebook_2())
    counters = page.locator(".counter")
    before = counters.all_inner_texts()
    assert len(before) >= 2
    page.get_by_role("button", name="Next step").first.click()
    after = counters.all_inner_texts()
    assert [text.split()[0] for text in before[:1]] == ["1"]
    assert [text.split()[0] for text in after[:1]] == ["2"]
    assert after[1:] == before[1:]


def test_without_scripts_the_page_of_an_executed_notebook_has_every_step(scriptless: Tab) -> None:
    page = scriptless.show(page_of_notebook_2())
    steps = page.locator("details")
    assert steps.count() > 10
    steps.first.locator("summary").first.click()
    assert steps.first.locator("img").first.is_visible()


def test_without_scripts_the_final_picture_is_there_and_a_frame_in_every_step(
    scriptless: Tab,
) -> None:
    page = scriptless.show(play(neuron()).html)
    pictures = page.locator("img")
    assert pictures.count() == 16
    assert pictures.first.is_visible()
    assert not pictures.last.is_visible()
    for step in page.locator("details").all():
        step.locator("summary").click()
        assert step.locator("img").is_visible()
        box = step.locator("img").bounding_box()
        assert box is not None
        assert box["width"] > 200
        assert step.locator(".panel").is_visible()


def test_where_scripts_run_the_list_of_steps_is_out_of_sight(tab: Tab) -> None:
    page = tab.show(play(neuron()).html)
    assert page.locator("details").count() == 15
    assert not page.locator("details").first.is_visible()
