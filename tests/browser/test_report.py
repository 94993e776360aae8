"""The report in a real browser: it asks nobody, runs nothing, and can be read in every light."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from course.grading.report.making import make
from tests.report.small_class import a_graded_class

# WCAG 2.2: contrast of every piece of text against what is behind it (1.4.3, AA).
CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = colour => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([r, g, b]) => [r, g, b].map(c => c / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, k) => sum + c * [0.2126, 0.7152, 0.0722][k], 0);
  const behind = element => {
    for (let ancestor = element; ancestor; ancestor = ancestor.parentElement) {
      const colour = rgba(getComputedStyle(ancestor).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return rgba("white");
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const contrasts = [];
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim(), element = walker.currentNode.parentElement;
    if (!text || element.closest("title, desc")) continue;
    const style = getComputedStyle(element), isDrawn = element.closest("svg") !== null;
    const [a, b] = [luminance(rgba(isDrawn ? style.fill : style.color)), luminance(behind(element))];
    contrasts.push([(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), text.slice(0, 40)]);
  }
  return contrasts;
}"""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(a_graded_class(tmp_path_factory.mktemp("report") / "course"), "small")


@pytest.fixture(params=["light", "dark"])
def page(request: pytest.FixtureRequest, browser: Browser, path: Path) -> Iterator[Page]:
    context = browser.new_context(color_scheme=request.param, viewport={"width": 1200, "height": 900})
    page = context.new_page()
    page.events = []  # type: ignore[attr-defined]
    page.on("console", lambda message: page.events.append(message.text))
    page.on("pageerror", lambda error: page.events.append(str(error)))
    page.on("dialog", lambda dialog: page.events.append(dialog.message))
    page.on("request", lambda request: page.events.append(request.url))
    page.goto(path.as_uri())
    yield page
    context.close()


@pytest.mark.browser
def test_it_asks_nobody_and_runs_nothing(page: Page, path: Path) -> None:
    page.wait_for_load_state("networkidle")
    assert page.events == [path.as_uri()]
    assert page.locator("script, img, iframe, object").count() == 0


@pytest.mark.browser
def test_all_text_stands_out(page: Page) -> None:
    contrasts = page.evaluate(CONTRAST)
    assert len(contrasts) > 100
    assert [text for text in contrasts if text[0] < 4.5] == []


@pytest.mark.browser
def test_it_follows_the_readers_light_and_paper_is_white(page: Page) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    is_dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    assert page.evaluate(background) == ("rgb(18, 18, 18)" if is_dark else "rgb(255, 255, 255)")
    page.emulate_media(media="print")
    assert page.evaluate(background) == "rgb(255, 255, 255)"
    assert not page.locator("nav").is_visible()
    assert page.pdf(format="A4").startswith(b"%PDF")


@pytest.mark.browser
@pytest.mark.parametrize(("width", "media"), [(1200, "screen"), (360, "screen"), (690, "print")])
def test_it_fits(page: Page, width: int, media: str) -> None:
    """Wide tables scroll inside their frame on a small screen; on paper nothing is cut off."""
    page.emulate_media(media=media)
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.browser
def test_the_figure_has_its_text(page: Page) -> None:
    figure = page.get_by_role("img", name="Distribution of scores")
    assert figure.is_visible()
    # of the six: 3 + 4 unread is 7 points, so all with full tests have 3 of 7
    described = page.locator("#histogram-text").text_content()
    assert described == "Students by score: 0 to under 10 %: 1, 10 to under 20 %: 1, 40 to under 50 %: 4."
    heights = page.locator("rect.bar").evaluate_all("bars => bars.map(bar => bar.height.baseVal.value)")
    assert [height > 0 for height in heights] == [True, True, False, False, True] + 5 * [False]
    assert heights[4] == pytest.approx(4 * heights[0], rel=1e-3)


@pytest.mark.browser
def test_the_keyboard_gets_everywhere(page: Page) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the scores"
    links = page.locator("nav a")
    assert links.count() == 8
    for link in links.all():
        assert page.locator(f"h2{link.get_attribute('href')}").count() == 1
