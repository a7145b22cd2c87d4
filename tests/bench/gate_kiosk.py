"""./dev bench gate-kiosk: from the scanner's bytes to the changed screen, in a real browser.

``epihub up`` as it is installed (edge, broker, hub, store, API), one gate with its scanner on TCP, its screen
in Debian's chromium. People whom the gate has never seen show their cards one after the other; each counts
from the moment the bytes are written until the frame after which the page shows who may pass. Both ends read
the clock of this machine; the browser's has whole milliseconds.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

from playwright.async_api import Page, async_playwright
from playwright.async_api import TimeoutError as TooLate

from tests.bench.parts.command import options_of, status_of
from tests.bench.parts.machine import speed
from tests.bench.parts.verdict import BenchFailed, Target, conclude, print_table
from tests.fire.installation import Installation
from tests.ports import free_ports

CHROMIUM = "/usr/bin/chromium"
GATE = '[[device]]\nid = "cong-1"\nkind = "gate_tcp"\nport = {port}\ndirection = "in"\n'
MOST_MS, PAUSE_SECONDS, LONGEST_MS, READY_MS = 150, 0.4, 10_000, 60_000
# Every screen sets the face of the page, also to what it was; the next frame is the one that people see.
WATCHING = """() => {
  window.painted = [];
  new MutationObserver(() => requestAnimationFrame(() => window.painted.push(Date.now())))
    .observe(document.body, { attributeFilter: ["data-face"] });
}"""


def card(person: int) -> bytes:
    return f"0751990{person:05}||Nguyễn Văn {person}|02091999|Nam|Biên Hòa, Đồng Nai|15042021\r\n".encode()


async def waiting_screen(page: Page, address: str) -> None:
    """Raises TooLate unless the gate is ready to be used."""
    await page.goto(address)
    await page.wait_for_selector('body[data-face="ready"]', timeout=READY_MS)
    await page.evaluate(WATCHING)


async def measured(page: Page, line: asyncio.StreamWriter, scans: int) -> list[float]:
    """Milliseconds of each scan; raises BenchFailed when the last person does not see that he may pass."""
    took = []
    for person in range(scans):
        seen = await page.evaluate("window.painted.length")
        began_ms = time.time() * 1000
        line.write(card(person))
        await line.drain()
        shown = await page.wait_for_function("seen => window.painted[seen]", arg=seen, timeout=LONGEST_MS)
        took.append(float(await shown.json_value()) - began_ms)
        await asyncio.sleep(PAUSE_SECONDS)
    face = await page.get_attribute("body", "data-face")
    if face != "pass":
        raise BenchFailed(f"the last person sees {face}")
    return took


async def at_the_screen(installation: Installation, port: int, scans: int) -> list[float]:
    await installation.start()
    await installation.until_connected()
    _, line = await asyncio.open_connection("127.0.0.1", port)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 1920, "height": 1080})
        try:
            await waiting_screen(page, f"http://127.0.0.1:{installation.api_port}/kiosk/cong-1")
            return await measured(page, line, scans)
        except TooLate as error:
            raise BenchFailed("a scan was not shown") from error
        finally:
            line.close()
            await browser.close()


async def bench(folder: Path, scans: int) -> bool:
    """Whether the limit was held."""
    installation = Installation.make(folder, "one machine")
    (port,) = free_ports(1)
    installation.add_device(GATE.format(port=port), port)
    try:
        took = await at_the_screen(installation, port, scans)
    finally:
        await installation.end()
    ninety_five = quantiles(took, n=20)[-1]
    row: dict[str, float | str] = {
        "scans": scans,
        "median ms": median(took),
        "p95 ms": ninety_five,
        "worst ms": max(took),
    }
    print_table([row])
    target = Target("from bytes to screen, p95 ms", ninety_five, MOST_MS, at_least=False)
    return conclude([target], {**row, "machine": speed(folder)})


def main() -> int:
    parser: argparse.ArgumentParser = options_of(__doc__ or "")
    parser.add_argument("--scans", type=int, default=60)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        return status_of(lambda: bench(Path(folder), asked.scans), check=asked.check)


if __name__ == "__main__":
    sys.exit(main())
