"""The page of the server in a real browser: draw, read, correct, keep, build.

Screenshots at both widths are left in the folder of ``UNIMUMER_SCREENSHOTS`` where it is set.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from unimumer_data.ink import read_inkml

webdriver = pytest.importorskip("selenium.webdriver", reason="needs selenium: pip install selenium")
pytest.importorskip("fastapi", reason="needs the extra [serve]")
from selenium.webdriver.chrome.service import Service  # noqa: E402
from selenium.webdriver.common.action_chains import ActionChains  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
RECOGNISERS = ROOT / "tests" / "unimumer_eval" / "serve"
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (BROWSER and DRIVER),
        reason="needs chromium: apt-get install -y chromium chromium-driver fonts-dejavu-core",
    ),
]
CROSS = [[(60, 60), (120, 120)], [(120, 60), (60, 120)]]
Serve = Callable[[str], str]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start ``unimumer serve`` with a recogniser of the tests; its address."""
    running: list[subprocess.Popen[str]] = []

    def start(recogniser: str) -> str:
        command = [sys.executable, "-m", "unimumer_data", "serve", f"engine=python:recognisers:{recogniser}", "port=0"]
        path = f"{ROOT}{os.pathsep}{RECOGNISERS}"
        server = subprocess.Popen(
            command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": path}, stderr=subprocess.PIPE, text=True
        )
        running.append(server)
        assert server.stderr
        line = next((line for line in server.stderr if line.startswith("ready: ")), "")
        assert line, "the server did not start"
        return line.removeprefix("ready: ").strip()

    yield start
    for server in running:
        server.terminate()
        assert server.wait(40) in (0, -15)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(word)
    for word in ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


def open_page(browser: Any, address: str, width: int = 1400) -> None:
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.get(address)
    wait(browser, lambda _: "connecting" not in find(browser, "about").text)


def find(browser: Any, name: str) -> Any:
    return browser.find_element(By.ID, name)


def wait(browser: Any, condition: Callable[[Any], Any]) -> Any:
    return WebDriverWait(browser, 20).until(condition)


def draw(browser: Any, strokes: Sequence[Sequence[tuple[int, int]]]) -> None:
    pad = find(browser, "pad")
    left, top = pad.size["width"] // 2, pad.size["height"] // 2
    for points in strokes:
        chain = ActionChains(browser, duration=20)
        chain.move_to_element_with_offset(pad, points[0][0] - left, points[0][1] - top).click_and_hold()
        for x, y in points[1:]:
            chain.move_to_element_with_offset(pad, x - left, y - top)
        chain.release().perform()


def read(browser: Any, latex: str) -> None:
    wait(browser, lambda _: find(browser, "latex").get_attribute("value") == latex)
    wait(browser, lambda _: browser.find_elements(By.CSS_SELECTOR, "#formula svg use"))


def complaints(browser: Any) -> list[str]:
    """What the browser's console says of the page itself; refused answers of the server are expected."""
    return [entry["message"] for entry in browser.get_log("browser") if "status of 4" not in entry["message"]]


def test_draw_read_correct_keep_and_build(browser: Any, serve: Serve, tmp_path: Path) -> None:
    open_page(browser, serve("strokes"))
    draw(browser, CROSS)
    read(browser, "n = 2")
    find(browser, "undo").click()
    read(browser, "n = 1")
    find(browser, "redo").click()
    read(browser, "n = 2")
    latex = find(browser, "latex")
    latex.clear()
    latex.send_keys(r"\frac{n}{2")
    wait(browser, lambda _: "unbalanced" in find(browser, "latex-fault").text or find(browser, "latex-fault").text)
    assert not find(browser, "keep").is_enabled()
    latex.send_keys("}")
    wait(browser, lambda _: find(browser, "keep").is_enabled())
    find(browser, "keep").click()
    wait(browser, lambda _: find(browser, "keep-dialog").is_displayed())
    assert "n = 2" in find(browser, "keep-said").text
    assert not find(browser, "keep-yes").is_enabled()
    find(browser, "writer").send_keys('<img src=x onerror="alert(1)">')
    find(browser, "consent").click()
    find(browser, "keep-yes").click()
    wait(browser, lambda _: find(browser, "tally").text == "1 kept, 1 corrected")
    assert complaints(browser) == []

    [kept] = (tmp_path / "data/collected").iterdir()
    ink = read_inkml(kept)
    assert len(ink.traces) == 2 and ink.label == r"\frac { n } { 2 }"
    build = [sys.executable, "-m", "unimumer_data", "build", "source=collected"]
    subprocess.run(build, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)
    records = {
        name: json.loads((tmp_path / f"data/own/{name}.json").read_text(encoding="utf-8"))
        for name in ("own", "own_tree", "own_can", "own_error_find", "own_error_fix")
    }
    assert [len(one) for one in records.values()] == [1] * 5
    assert records["own"][0]["messages"][1]["value"] == r"\frac { n } { 2 }"
    with Image.open(tmp_path / records["own"][0]["images"][0]) as picture:
        assert picture.convert("L").getextrema()[0] < 100  # there is ink in it


def test_a_picture_is_shown_as_the_model_got_it(browser: Any, serve: Serve, tmp_path: Path) -> None:
    open_page(browser, serve("width"))
    Image.new("RGB", (2000, 1000), "white").save(tmp_path / "large.png")
    browser.execute_script("document.getElementById('file').hidden = false")
    find(browser, "file").send_keys(str(tmp_path / "large.png"))
    wait(browser, lambda _: find(browser, "seen-size").text == "724 × 362 pixels")
    size = "return [arguments[0].naturalWidth, arguments[0].naturalHeight]"
    assert wait(browser, lambda _: browser.execute_script(size, find(browser, "seen-picture"))) == [724, 362]
    assert find(browser, "latex").get_attribute("value") == "x ^ { 7 2 4 }"


def test_the_camera_takes_a_picture(browser: Any, serve: Serve) -> None:
    open_page(browser, serve("width"))
    find(browser, "camera").click()
    view = find(browser, "camera-view")
    width, height = wait(
        browser,
        lambda _: browser.execute_script(
            "return arguments[0].videoWidth && [arguments[0].videoWidth, arguments[0].videoHeight]", view
        ),
    )
    find(browser, "shoot").click()
    wait(browser, lambda _: find(browser, "latex").get_attribute("value").startswith("x ^"))
    assert not view.is_displayed()
    seen = browser.execute_script(
        "const i = arguments[0]; return i.naturalWidth / i.naturalHeight", find(browser, "seen-picture")
    )
    assert seen == pytest.approx(width / height, abs=0.01)
    assert complaints(browser) == []


def test_the_keyboard_alone_suffices(browser: Any, serve: Serve) -> None:
    open_page(browser, serve("strokes"))
    draw(browser, CROSS)
    read(browser, "n = 2")
    body = browser.find_element(By.TAG_NAME, "body")
    body.send_keys("e")
    assert find(browser, "eraser").get_attribute("aria-pressed") == "true"
    body.send_keys("p")
    body.send_keys(Keys.CONTROL, "z")
    read(browser, "n = 1")
    glyph = browser.find_element(By.CSS_SELECTOR, "#formula .glyph[tabindex='0']")
    browser.execute_script("arguments[0].focus()", glyph)
    assert glyph.get_attribute("aria-label").startswith("n")
    ActionChains(browser).send_keys(Keys.ENTER).perform()
    assert browser.switch_to.active_element.get_attribute("id") == "latex"  # the symbol's LaTeX is selected
    reached = set()
    for _ in range(40):
        ActionChains(browser).send_keys(Keys.TAB).perform()
        reached.add(browser.switch_to.active_element.get_attribute("id"))
    assert {"pen", "eraser", "undo", "clear", "pad", "upload", "camera", "auto", "read", "latex", "keep"} <= reached


def test_markup_in_what_a_model_says_does_nothing(browser: Any, serve: Serve) -> None:
    open_page(browser, serve("hostile"))
    draw(browser, CROSS)
    wait(browser, lambda _: "script" in find(browser, "latex").get_attribute("value").replace(" ", ""))
    assert browser.execute_script("return document.querySelectorAll('main script, #result img').length") == 0
    assert complaints(browser) == []


@pytest.mark.parametrize("width", [1400, 390, 360])
def test_the_page_fits_its_window(browser: Any, serve: Serve, width: int) -> None:
    open_page(browser, serve("strokes"), width)
    draw(browser, CROSS)
    read(browser, "n = 2")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    small = "return [...document.querySelectorAll('button')].filter(b => b.offsetParent && b.offsetHeight < 36).length"
    assert browser.execute_script(small) == 0
    folder = os.environ.get("UNIMUMER_SCREENSHOTS")
    if folder:
        browser.save_screenshot(str(Path(folder) / f"page_{width}.png"))
