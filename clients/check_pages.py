"""Opens the pages of pcapmill in a real Chromium: report.html, and pcapmill view.

    check_pages.py PCAPMILL DATASET [--require] [--shots DIR]

Each page is opened at the width of a desktop and of a telephone, light and dark. Checked: nothing
is written to the console, no request leaves, nothing is wider than the window, the pointer and the
keys do what the page says, the tables open for the printer, and axe-core finds no serious fault.
Without Playwright, Chromium or axe-core it says what is missing and ends with 0, with --require
with 1.
"""

import argparse
import base64
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time

# From the npm registry; the digest is the registry's "integrity" of that version.
AXE = "axe-core@4.14.1"
AXE_SHA512 = "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="

SIZES = {"desktop": (1280, 900), "phone": (360, 740)}


class Missing(Exception):
    """Something that the checks need is not here."""


def axe_source(folder):
    """The text of axe.min.js, of the pinned package."""
    if not shutil.which("npm"):
        raise Missing("npm, for axe-core")
    subprocess.run(["npm", "pack", "--silent", AXE], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    (name,) = [n for n in os.listdir(folder) if n.startswith("axe-core")]
    path = os.path.join(folder, name)
    with open(path, "rb") as f:
        have = base64.b64encode(hashlib.sha512(f.read()).digest()).decode()
    if have != AXE_SHA512:
        sys.exit(f"{AXE}: SHA-512 {have}, need {AXE_SHA512}")
    with tarfile.open(path) as t:
        return t.extractfile("package/axe.min.js").read().decode()


def chromium():
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    raise Missing("Chromium: apt-get install chromium")


class Page:
    """One page at one size, with what it did."""

    def __init__(self, browser, size, scheme, allowed):
        wide, high = SIZES[size]
        self.context = browser.new_context(
            viewport={"width": wide, "height": high}, color_scheme=scheme, bypass_csp=False, has_touch=size == "phone"
        )
        self.context.set_default_timeout(120_000)
        self.page = self.context.new_page()
        self.said, self.asked = [], []
        self.page.on("console", lambda m: self.said.append(f"{m.type}: {m.text}"))
        self.page.on("pageerror", lambda e: self.said.append(f"error: {e}"))
        self.page.on("request", lambda r: self.asked.append(r.url))
        self.allowed = allowed

    def quiet(self):
        assert not self.said, f"the console says: {self.said}"
        foreign = [u for u in self.asked if not u.startswith(self.allowed)]
        assert not foreign, f"requests leave: {foreign[:3]}"

    def fits(self):
        wide = self.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert wide[0] <= wide[1], f"the page is {wide[0]} pixels wide, the window {wide[1]}"

    def axe(self, source):
        self.page.evaluate(source)  # over the debugger: the page's policy stays as it is
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        bad = [v for v in found["violations"] if v["impact"] in ("serious", "critical", "moderate")]
        assert len(found["passes"]) > 10, "axe-core looked at nothing"
        assert not bad, "axe-core: " + "; ".join(f"{v['id']}: {v['help']}: {v['nodes'][0]['html'][:120]} ({len(v['nodes'])})" for v in bad)

    def shot(self, folder, name, full=True):
        if folder:
            self.page.screenshot(path=os.path.join(folder, name + ".png"), full_page=full)


def check_report(browser, axe, path, shots):
    url = "file://" + os.path.abspath(path)
    for size in SIZES:
        for scheme in ("light", "dark"):
            p = Page(browser, size, scheme, (url, "data:"))
            began = time.monotonic()
            p.page.goto(url, wait_until="load")
            took = time.monotonic() - began
            says = p.page.locator("#leak-says")
            before = says.inner_text()
            assert re.match(r"byte \d+ \(row \d+, column \d+\): \S+", before), before

            # The pointer: the middle of the first cell is byte 0.
            the_map = p.page.locator("#leak-map")
            the_map.scroll_into_view_if_needed()
            box = the_map.bounding_box()
            p.page.mouse.move(box["x"] + 3, box["y"] + 3)
            assert says.inner_text().startswith("byte 0 (row 0, column 0): "), says.inner_text()

            # The keyboard alone: from the top, through links, to the slider, and on by one byte.
            p.page.evaluate("window.scrollTo(0, 0)")
            p.page.locator("body").evaluate("b => { b.tabIndex = -1; b.focus(); b.removeAttribute('tabindex'); }")
            for _ in range(80):
                p.page.keyboard.press("Tab")
                if p.page.evaluate("document.activeElement.id") == "leak-byte":
                    break
            else:
                raise AssertionError("Tab does not reach the slider of the leak map")
            p.page.keyboard.press("ArrowRight")
            assert says.inner_text().startswith("byte 1 (row 0, column 1): "), says.inner_text()
            assert p.page.locator("#leak-byte").get_attribute("aria-valuetext").startswith("byte 1, ")

            # A table opens by the keyboard.
            details = p.page.locator("details").first
            details.locator("summary").focus()
            p.page.keyboard.press("Enter")
            assert details.evaluate("d => d.open")
            p.page.keyboard.press("Enter")

            p.fits()
            p.axe(axe)
            p.quiet()
            p.shot(shots, f"report-{size}-{scheme}")
            if size == "desktop":
                p.page.evaluate("dispatchEvent(new Event('beforeprint'))")
                closed = p.page.locator("details:not([open])").count()
                assert closed == 0, f"{closed} tables are closed in print"
                p.page.evaluate("dispatchEvent(new Event('afterprint'))")
            print(f"ok report.html {size} {scheme}: {took:.2f} s to open, {len(p.asked)} requests, all of the page itself")
            p.context.close()


def check_view(browser, axe, pcapmill, dataset, shots):
    """The pages of a server, from the address that it prints."""
    server = subprocess.Popen([pcapmill, "view", dataset, "--for", "10m"], stdout=subprocess.PIPE, text=True)
    try:
        url = server.stdout.readline().strip()
        base = url.split("/?token=")[0]
        for size in SIZES:
            for scheme in ("light", "dark"):
                p = Page(browser, size, scheme, (base, "data:"))
                answer = p.page.goto(base + "/sample/0")
                assert answer.status == 403, "a browser without the token is let in"
                p.said.clear()
                p.page.goto(url)
                assert p.page.url == base + "/", p.page.url
                assert not p.page.evaluate("document.cookie"), "scripts see the token"
                samples = p.page.locator("ul.grid li")
                assert samples.count() > 0
                p.fits()
                p.axe(axe)
                p.shot(shots, f"view-grid-{size}-{scheme}")

                # A filter, by the keyboard alone; its address is a link that shows the same.
                p.page.locator("#class").focus()
                p.page.keyboard.press("ArrowDown")
                p.page.locator("#protocol").focus()
                p.page.keyboard.press("ArrowDown")
                p.page.locator("#capture").focus()
                p.page.keyboard.press("Enter")
                p.page.wait_for_url(re.compile("protocol=tcp"))
                says = p.page.get_by_role("status").inner_text()
                chosen = p.page.evaluate("document.getElementById('class').value")
                assert chosen and "class=" in p.page.url
                p.page.goto(p.page.url)
                assert p.page.get_by_role("status").inner_text() == says

                # One sample: the pointer and the keys name bytes.
                p.page.goto(base + "/")
                p.page.locator("ul.grid a").first.click()
                p.page.wait_for_url(re.compile("/sample/"))
                the_map, says = p.page.locator("#byte-map"), p.page.locator("#byte-says")
                the_map.scroll_into_view_if_needed()
                box = the_map.bounding_box()
                p.page.mouse.move(box["x"] + box["width"] - 3, box["y"] + 3)
                cols = p.page.evaluate("document.getElementById('byte-map').viewBox.baseVal.width")
                assert says.inner_text().startswith(f"byte {cols - 1}: "), says.inner_text()
                p.page.locator("#byte").focus()
                p.page.keyboard.press("Home")
                p.page.keyboard.press("ArrowRight")
                assert re.match(r"byte 1: \d+, hex [0-9a-f]{2}, packet 0: ip\.\w+$", says.inner_text()), says.inner_text()
                assert p.page.locator("#byte").get_attribute("aria-valuetext") == says.inner_text()
                p.fits()
                p.axe(axe)
                p.shot(shots, f"view-sample-{size}-{scheme}")

                for _ in range(120):  # until the audit has ended
                    p.page.goto(base + "/findings")
                    if p.page.locator(".verdict").count():
                        break
                    time.sleep(0.5)
                else:
                    raise AssertionError("the audit does not end")
                p.fits()
                p.axe(axe)
                p.shot(shots, f"view-findings-{size}-{scheme}")
                for link in p.page.locator("article a").evaluate_all("all => all.slice(0, 3).map(a => a.href)"):
                    assert p.page.goto(link).status == 200
                p.page.goto(base + "/compare")
                p.fits()
                p.axe(axe)
                p.shot(shots, f"view-compare-{size}-{scheme}")
                p.page.goto(base + "/report")
                assert re.match(r"byte \d+ ", p.page.locator("#leak-says").inner_text())
                p.quiet()
                print(f"ok view {size} {scheme}: {len(p.asked)} requests, all to {base}")
                p.context.close()
    finally:
        server.terminate()
        code = server.wait(timeout=20)
    assert code == 0, f"view ends with {code}"


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("pcapmill")
    a.add_argument("dataset")
    a.add_argument("--require", action="store_true", help="fail where Playwright, Chromium or axe-core is missing")
    a.add_argument("--shots", help="directory for pictures of the pages")
    args = a.parse_args()
    try:
        try:
            from playwright.sync_api import sync_playwright
        except ImportError as e:
            raise Missing("playwright: pip install -r clients/requirements-browser.txt") from e
        path = chromium()
        with tempfile.TemporaryDirectory() as scratch:
            axe = axe_source(scratch)
            report = os.path.join(scratch, "report.html")
            subprocess.run([args.pcapmill, "report", args.dataset, "-o", report], check=True, stdout=subprocess.DEVNULL)
            if args.shots:
                os.makedirs(args.shots, exist_ok=True)
            with sync_playwright() as p:
                browser = p.chromium.launch(executable_path=path, args=["--no-sandbox"])
                check_report(browser, axe, report, args.shots)
                check_view(browser, axe, args.pcapmill, args.dataset, args.shots)
                browser.close()
    except Missing as e:
        print(f"NOT CHECKED: the pages in a browser: missing {e}")
        return 1 if args.require else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
