"""A real browser opens the report: charts are there, nothing is requested, nothing is wrong, nothing overflows."""

from pathlib import Path

import pytest
from chromium import BINARY, Chromium
from hostile import TEXTS, poisoned
from render_case import CALM, FLAGSHIP, LOG

from triage.pipeline import analyze
from triage.render import render

pytestmark = pytest.mark.skipif(BINARY is None, reason="no chromium in PATH: apt-get install chromium")

REPORTS = {
    "real": lambda: analyze([str(LOG)]),
    "calm": lambda: CALM,
    "hostile": lambda: poisoned(FLAGSHIP, lambda _: TEXTS["script"] + TEXTS["attribute"] + "w" * 300),
}
SCREENS = [(width, scheme) for width in (390, 1280, 1920) for scheme in ("light", "dark")]
CONTRAST = """
(() => {
  const part = (c) => { c /= 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
  const light = (rgb) => 0.2126 * part(rgb[0]) + 0.7152 * part(rgb[1]) + 0.0722 * part(rgb[2]);
  const read = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const rgb = read(getComputedStyle(element).backgroundColor);
      if (rgb.length === 3 || rgb[3] === 1) return rgb;
    }
    return [255, 255, 255];
  };
  const worst = {ratio: 99};
  for (const element of document.querySelectorAll('main *, nav *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.getClientRects().length || ['title', 'desc'].includes(element.tagName)) continue;
    const style = getComputedStyle(element);
    const rgb = read(element instanceof SVGElement ? style.fill : style.color);
    const [a, b] = [light(rgb), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < worst.ratio) Object.assign(worst, {ratio, text: element.textContent.slice(0, 40)});
  }
  return worst;
})()
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Chromium(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, Path]:
    directory = tmp_path_factory.mktemp("reports")
    written = {name: directory / f"{name}.html" for name in REPORTS}
    for name, path in written.items():
        path.write_text(render(REPORTS[name](), "html"), encoding="utf-8")
    return written


@pytest.mark.parametrize("name", sorted(REPORTS))
@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_the_page_is_quiet_and_fits(browser, files, name: str, width: int, scheme: str) -> None:
    browser.open(files[name], width, scheme)
    assert browser.requests() == [files[name].as_uri()]
    assert browser.complaints() == []
    assert browser.evaluate("document.documentElement.scrollWidth") == width
    assert browser.evaluate("document.querySelectorAll('script, img, main style').length") == 0


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_the_charts_are_seen(browser, files, width: int, scheme: str) -> None:
    browser.open(files["real"], width, scheme)
    seen = (
        "[...document.querySelectorAll('svg[role=img]')].map(e => e.getBoundingClientRect()).filter(r => r.width > 0)"
    )
    boxes = browser.evaluate(f"{seen}.map(r => [r.width, r.height])")
    assert len(boxes) == 4
    assert all(200 < chart_width <= width and height > 100 for chart_width, height in boxes)
    drawn = (
        "[...document.querySelectorAll('svg[role=img] path')].filter(e => e.getBoundingClientRect().width > 0).length"
    )
    assert browser.evaluate(drawn) >= 20


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_text_has_the_contrast_that_wcag_aa_asks_for(browser, files, width: int, scheme: str) -> None:
    browser.open(files["real"], width, scheme)
    worst = browser.evaluate(CONTRAST)
    assert worst["ratio"] >= 4.5, worst


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_scheme_is_followed(browser, files, scheme: str) -> None:
    browser.open(files["real"], 1280, scheme)
    colour = browser.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(int(part) for part in colour[4:-1].split(",")) < 200) is (scheme == "dark")


def test_the_style_sheet_is_in_force_and_inline_styles_are_not(browser, files) -> None:
    browser.open(files["real"], 1280)
    assert browser.evaluate("document.styleSheets.length") == 1
    assert browser.evaluate("document.styleSheets[0].cssRules.length") > 100


def test_a_link_to_an_evidence_line_leads_there(browser, files) -> None:
    browser.open(files["real"], 1280)
    browser.evaluate("document.querySelector('.proof a[href=\"#L16032\"]').click()")
    assert browser.evaluate("document.querySelector(':target').textContent").endswith(
        "# ==> tls.c:603 '0' is not true"
    )


def test_the_report_prints_with_all_threads_open(browser, files, tmp_path: Path) -> None:
    browser.open(files["real"], 1280)
    browser.pdf(tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF-")
