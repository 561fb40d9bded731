"""What tests of the service's pages share: a browser, tabs that are watched, words that would be scripts."""

import shutil
from contextlib import contextmanager

import pytest
from attack import served
from conftest import ROOT
from test_serve import Client

BROWSER = "/usr/bin/chromium"
_DO = "window.hurt=1"
_VECTORS = (
    f"<script>{_DO}</script>",
    f'<img src=x onerror="{_DO}">',
    f'<svg onload="{_DO}">',
    f'<details open ontoggle="{_DO}">x</details>',
    f'<iframe srcdoc="<script>parent.{_DO}</script>"></iframe>',
    f'<a href="javascript:{_DO}">href</a>',
    f"<style>@import '//other.example/x';</style><input autofocus onfocus=\"{_DO}\">",
    '<link rel="stylesheet" href="//other.example/x"><base href="//other.example/">',
    '<meta http-equiv="refresh" content="0;url=//other.example/">',
    f'<math><mtext><table><mglyph><style><img src=x onerror="{_DO}">',
)
_BEFORE = (
    "",
    '">',
    "'>",
    "</script>",
    "</textarea></title></style>",
    "href --></option></select>{{7*7}}${1}\u2028&lt;",
)
PAYLOADS = tuple(before + vector for before in _BEFORE for vector in _VECTORS)


@contextmanager
def serving(place, seconds=10.0):
    """Serve `place` to a client who may ask for much: what is slow here is the machine."""
    with served(place, ROOT, seconds=seconds, seconds_per_minute=10_000.0) as one:
        yield Client(one.address)


@contextmanager
def browsing():
    """Give a chromium, or skip the test where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not shutil.which(BROWSER):
        pytest.skip(f"there is no {BROWSER}")
    with playwright.sync_playwright() as begun:
        opened = begun.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield opened
        opened.close()


class Watched:
    """Opens pages of the service at `address`; what they ask of other hosts or complain of is remembered."""

    def __init__(self, browser, address):
        self.browser, self.address, self.asked, self.complaints, self._all = browser, address.rstrip("/"), [], [], []

    def open(self, path, width=1366, **more):
        """Return a tab with the page at `path`, its scripts run."""
        context = self.browser.new_context(viewport={"width": width, "height": 850}, **more)
        self._all.append(context)
        tab = context.new_page()
        tab.on("request", lambda request: self.asked.append(request.url))
        tab.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        tab.on("pageerror", lambda error: self.complaints.append(f"pageerror: {error!r} {error.stack}"))
        tab.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        tab.goto(self.address + path)
        return tab

    def close(self):
        """Close all tabs, and fail if one asked another host or complained."""
        for context in self._all:
            context.close()
        assert [url for url in self.asked if not url.startswith((self.address, "data:"))] == []
        assert not self.complaints, "\n".join(self.complaints)
