"""How soon a report shows its first text when it is opened from a file.

`python benchmarks/first_paint.py [REPORT...]`; without arguments the reports of three logs in fixtures/ are measured.
The bar is 0.3 s, on a phone and on wide screens. Says so and exits with 0 where there is no Chromium; exits with 1
above the bar.
"""

import statistics
import sys
import tempfile
from pathlib import Path

from chromium import BINARY, Chromium

from triage.pipeline import analyze
from triage.redact import redact
from triage.render import render

BAR_MS = 300
RUNS = 7
SCREENS = (390, 1280, 1920)
FIXTURES = Path(__file__).parent.parent / "fixtures"
LOGS = {
    "known issue, 16,518 lines": "flagship-stock-verbose/server.log.zst",
    "1,500 clients": "lab-05-many-clients-1500/server.log",
    "three incidents": "lab2-60-v801-three-crashes-one-log/server.log",
}
# The entry is there as soon as the frame has been presented, which may be after the load event.
FIRST_PAINT = """
new Promise(done => new PerformanceObserver((list, self) => {
  const found = list.getEntriesByName("first-contentful-paint");
  if (found.length) { self.disconnect(); done(found[0].startTime); }
}).observe({type: "paint", buffered: true}))
"""


def first_paints(browser: Chromium, report: Path, width: int) -> list[float]:
    """Milliseconds from the start of each of ``RUNS`` navigations to the first text on the screen."""
    times = []
    for _ in range(RUNS):
        browser.open(report, width)
        times.append(float(browser.evaluate(FIRST_PAINT)))
    return times


def _reports(folder: Path) -> dict[str, Path]:
    if len(sys.argv) > 1:
        return {name: Path(name) for name in sys.argv[1:]}
    reports = {}
    for number, (name, log) in enumerate(LOGS.items()):
        reports[name] = folder / f"{number}.html"
        page = render(redact(analyze([str(FIXTURES / log)])).analysis, "html")
        reports[name].write_text(page, encoding="utf-8")
    return reports


def main() -> int:
    """Run the benchmark; the exit code."""
    if BINARY is None:
        print("skipped: no chromium in PATH (apt-get install chromium)")
        return 0
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        reports = _reports(Path(folder))
        with Chromium(Path(folder) / "profile") as browser:
            for name, report in reports.items():
                for width in SCREENS:
                    times = first_paints(browser, report, width)
                    worst = max(worst, statistics.median(times))
                    print(
                        f"{name}, {report.stat().st_size / 1000:.0f} kB, {width} px: "
                        f"median {statistics.median(times):.0f} ms, slowest {max(times):.0f} ms"
                    )
    print(f"slowest median {worst:.0f} ms, the bar is {BAR_MS} ms")
    return int(worst > BAR_MS)


if __name__ == "__main__":
    sys.exit(main())
