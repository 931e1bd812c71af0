"""The report in a real browser: Debian's chromium, headless, driven by selenium.

Screenshots at both widths are left in the folder of ``UNIMUMER_SCREENSHOTS`` where it is set.
"""

import json
import os
import shutil
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from unimumer_data.layout import extent, layout
from unimumer_data.stats import command as card
from unimumer_eval.report import report_page
from unimumer_eval.scores import Pair, score_set

webdriver = pytest.importorskip("selenium.webdriver", reason="needs selenium: pip install selenium")
from selenium.webdriver.chrome.service import Service  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (BROWSER and DRIVER),
        reason="needs chromium: apt-get install -y chromium chromium-driver fonts-dejavu-core",
    ),
]

LABELS = (
    r"\frac { a ^ { 2 } + 1 } { \sqrt { b } }",
    r"\sum _ { i = 1 } ^ { n } x _ { i }",
    r"\begin {matrix} a & b \\ c & d \end {matrix}",
    r"\hat { x } \leq \alpha",
    "x + 1",
)
WIDTHS = (1280, 390)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Two pages: ``one.html`` with two sets of one run, ``two.html`` with two runs."""
    folder = tmp_path_factory.mktemp("report")
    picture = Image.new("RGB", (240, 80), "white")
    ImageDraw.Draw(picture).line([(10, 60), (120, 15), (230, 60)], fill="black", width=4)
    picture.save(folder / "ink.png")
    first = [_pair(i, LABELS[i % 5].replace("x ", "X ") if i % 3 == 0 else LABELS[i % 5]) for i in range(100)]
    second = [_pair(i, LABELS[i % 5].replace("1", "7") if i % 4 == 0 else LABELS[i % 5]) for i in range(100)]
    first[2] = Pair(id="sample_002", gt=LABELS[2], pred=LABELS[2], image_path="gone.png")
    second[1] = _pair(1, r"\frac { 1 } {")
    second[2] = Pair(id="sample_002", gt=LABELS[2], pred="", failure="image: cut off", image_path="gone.png")
    small = score_set("small", [Pair(id="only", gt="x", pred="x")], text_metrics=True)
    sets = [score_set("toy", first, text_metrics=True), small]
    one = report_page({"": sets}, {"seed": 0}, folder=folder, image_root=folder)
    two = report_page(
        {"base": [score_set("toy", first)], "new": [score_set("toy", second)]}, {}, folder=folder, image_root=folder
    )
    for name, answers in (
        ("right", [LABELS[i % 5] for i in range(100)]),
        ("wrong", [f"{LABELS[i % 5]} q" for i in range(100)]),
    ):
        scores = score_set("toy", [_pair(i, answer) for i, answer in enumerate(answers)], text_metrics=True)
        (folder / f"{name}.html").write_text(
            report_page({"": [scores]}, {}, folder=folder, image_root=folder), encoding="utf-8"
        )
    (folder / "one.html").write_text(one, encoding="utf-8")
    (folder / "two.html").write_text(two, encoding="utf-8")
    return folder


def _pair(number: int, answer: str) -> Pair:
    name = f"sample_{number:03}"
    return Pair(
        id=name,
        gt=LABELS[number % 5],
        pred=answer,
        image_path="ink.png",
        confidence=0.5 + number / 250,
        extra={"accept": number % 3 == 0},
    )


@pytest.fixture(scope="module")
def browser():
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture(params=WIDTHS)
def at_width(request, browser, folder):
    """Open a page at a width; the browser's console stays empty."""

    def show(name: str, *, scheme: str = "light"):
        size = {"width": request.param, "height": 900, "deviceScaleFactor": 1, "mobile": request.param < 600}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        wishes = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}  # no click while it scrolls
        features = [{"name": name, "value": value} for name, value in wishes.items()]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        browser.get((folder / name).as_uri())
        return browser

    yield show
    _keep_screenshot(browser, f"report_{request.node.originalname}_{request.param}.png")
    errors = [line for line in browser.get_log("browser") if "gone.png" not in line["message"]]
    assert not errors


def _keep_screenshot(browser, name: str) -> None:
    target = os.environ.get("UNIMUMER_SCREENSHOTS")
    if target:
        Path(target).mkdir(parents=True, exist_ok=True)
        browser.save_screenshot(str(Path(target) / name))


def cards(browser) -> list[str]:
    return [card.get_attribute("aria-label") for card in browser.find_elements(By.TAG_NAME, "article")]


def choose(browser, value: str) -> None:
    browser.find_element(By.CSS_SELECTOR, f"input[name=show][value={value}]").click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_the_window(at_width, scheme):
    browser = at_width("two.html", scheme=scheme)
    width = browser.execute_script("return window.innerWidth")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    too_wide = browser.execute_script(
        """return [...document.querySelectorAll("body *")].filter((node) =>
             node.getBoundingClientRect().right > window.innerWidth + 1 && !node.closest(".scroll, .formula, .skip"))
             .map((node) => node.outerHTML.slice(0, 80));"""
    )
    assert not too_wide
    ground = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    brightness = sum(map(int, ground.removeprefix("rgb(").removesuffix(")").split(", "))) / 3
    assert (brightness > 128) == (scheme == "light")


def test_the_table_shows_both_sets_and_one_can_be_chosen(at_width):
    browser = at_width("one.html")
    rows = browser.find_elements(By.CSS_SELECTOR, "#summary tbody tr")
    assert [row.find_element(By.TAG_NAME, "button").text for row in rows] == ["toy", "small"]
    assert "–" in rows[0].text  # the interval, below its value
    heads = [cell.text for cell in browser.find_elements(By.CSS_SELECTOR, "#summary th")]
    assert heads[-4:] == ["ExpRate@CDM", "CDM F1", "Structure F1", "Similarity"]
    assert [cell.text.split()[0] for cell in rows[1].find_elements(By.TAG_NAME, "td")[-4:]] == ["100.00"] * 4
    rows[1].find_element(By.TAG_NAME, "button").click()
    assert browser.switch_to.active_element.text == "small"  # drawn again, the focus stays
    assert cards(browser) == ["only"]  # nothing is wrong, so everything is shown


def test_gallery_shows_picture_both_formulas_and_the_difference(at_width):
    browser = at_width("one.html")
    card = next(
        node for node in browser.find_elements(By.TAG_NAME, "article") if node.find_elements(By.TAG_NAME, "mark")
    )
    assert card.find_element(By.TAG_NAME, "img").get_property("naturalWidth") > 0
    assert len(card.find_elements(By.CSS_SELECTOR, ".formula svg")) == 2
    marked = {side: card.find_element(By.CSS_SELECTOR, f".{side} mark").text for side in ("label", "answer")}
    assert marked == {"label": "x", "answer": "X"}
    off = browser.execute_script(
        "return [...arguments[0].querySelectorAll('.off')].map((node) => getComputedStyle(node).fill)", card
    )
    ink = browser.execute_script("return getComputedStyle(arguments[0].querySelector('svg')).fill", card)
    assert len(off) == 2 and ink not in off
    heights = browser.execute_script(
        "return [...arguments[0].querySelectorAll('.formula use')].map((node) => node.getBoundingClientRect().height)",
        card,
    )
    assert min(heights) > 1 and max(heights) > 8


def test_every_formula_is_drawn_as_it_was_set(at_width):
    """Each glyph lies where the layout puts it, within a pixel: the browser's own fonts have no part in it."""
    browser = at_width("one.html")
    choose(browser, "all")
    drawn = browser.execute_script(
        """return Object.fromEntries([...document.querySelectorAll("article")].slice(0, 5).map((card) => {
             const svg = card.querySelector(".label svg"), frame = svg.getBoundingClientRect();
             return [card.querySelector(".label .tokens").textContent.trim(), [...svg.children].map((node) => {
               const box = node.getBoundingClientRect();
               return [box.left - frame.left, box.top - frame.top, box.right - frame.left, box.bottom - frame.top];
             })];
           }));"""
    )
    pixels = float(
        browser.execute_script("return parseFloat(getComputedStyle(document.querySelector('.formula svg')).fontSize)")
    )
    assert set(drawn) == set(LABELS)
    for label, boxes in drawn.items():
        formula = layout(label)
        left, top, _, _ = extent(formula)
        wanted = [
            [(mark.left - left), (mark.top - top), (mark.right - left), (mark.bottom - top)] for mark in formula.marks
        ]
        assert boxes == [pytest.approx([pixels * edge for edge in mark], abs=1) for mark in wanted]


def test_confidence_is_drawn_where_there_is_one(at_width):
    browser = at_width("one.html")
    figure = browser.find_element(By.CSS_SELECTOR, ".chart.reliability")
    assert figure.find_elements(By.TAG_NAME, "circle")
    facts = browser.find_element(By.ID, "trust-facts").text
    assert "Brier score\n0." in facts and "Area under the risk-coverage curve\n0." in facts
    assert browser.find_elements(By.CSS_SELECTOR, ".chart.risk .mark")
    choose(browser, "accepted")
    assert "34 of 100 samples" in browser.find_element(By.ID, "status").text
    assert all("accepted" in one.text for one in browser.find_elements(By.CSS_SELECTOR, "#cards .meta"))
    browser.find_elements(By.CSS_SELECTOR, "#summary tbody button")[1].click()
    assert not browser.find_element(By.ID, "trust").is_displayed()


def test_the_first_look_when_all_is_right_and_when_nothing_is(at_width):
    browser = at_width("right.html")
    assert "All 100 are right." in browser.find_element(By.ID, "verdict").text
    shown = [
        float(one.text.split("confidence ")[1][:4]) for one in browser.find_elements(By.CSS_SELECTOR, "#cards .meta")
    ]
    assert len(shown) == 24 and shown == sorted(shown)  # the most doubtful ones first
    browser = at_width("wrong.html")
    assert "None of 100 is right." in browser.find_element(By.ID, "verdict").text
    assert browser.find_element(By.CSS_SELECTOR, "select[data-key=sort]").get_attribute("value") == "nearest"
    assert len(cards(browser)) == 24


def test_25_000_samples_are_there_within_two_seconds(browser, tmp_path):
    """Measured: 0.3 to 1.1 s of 25,000 predictions for MathWriting, on two cores with eight processes in the queue."""
    label = r"\frac { a ^ { 2 } + b } { \sqrt { c } } = \sum _ { i = 1 } ^ { n } x _ { i } + "
    pairs = [
        Pair(id=f"s{i}", gt=f"{label} {i % 97}", pred=f"{label} {i % 89}", confidence=i / 25_000)
        for i in range(25_000)
    ]
    html = report_page({"": [score_set("big", pairs, resamples=10)]}, {}, folder=tmp_path)
    (tmp_path / "big.html").write_text(html, encoding="utf-8")
    seconds = []
    for _ in range(3):
        browser.get((tmp_path / "big.html").as_uri())
        assert len(cards(browser)) == 24
        seconds.append(
            browser.execute_script("return performance.getEntriesByType('navigation')[0].loadEventEnd") / 1000
        )
    assert min(seconds) < 2, seconds


def test_filters_and_pages(at_width):
    browser = at_width("one.html")
    errors = int(browser.find_element(By.ID, "status").text.split()[0])
    assert 0 < errors < 100 and len(cards(browser)) == min(errors, 24)
    choose(browser, "all")
    first = cards(browser)
    assert len(first) == 24 and "Page 1 of 5" in browser.find_element(By.ID, "pager").text
    browser.find_element(By.ID, "next").click()
    assert not set(first) & set(cards(browser))
    box = browser.find_element(By.CSS_SELECTOR, "#filters input[type=search]")
    box.send_keys("sample_04")
    assert cards(browser) == [f"sample_04{i}" for i in range(10)]


def test_the_worst_come_first_where_asked(at_width):
    browser = at_width("one.html")
    browser.find_element(By.CSS_SELECTOR, "select[data-key=sort] option[value=similarity]").click()
    found = [card.text for card in browser.find_elements(By.TAG_NAME, "article")]
    values = [int(text.partition("Similarity ")[2].split(",")[0]) for text in found]
    assert values == sorted(values) and len(values) > 3


def test_kinds_of_formula_have_their_own_rates(at_width):
    browser = at_width("one.html")
    rows = {row.text.split()[0]: row.text for row in browser.find_elements(By.CSS_SELECTOR, "#kinds tbody tr")}
    assert rows["fraction"].split()[1] == "20" and "[" in rows["fraction"]


@pytest.mark.parametrize("run", [0, 1])
def test_of_two_runs_the_worst_kinds_of_the_chosen_one_come_first(at_width, run):
    browser = at_width("two.html")
    browser.find_element(By.CSS_SELECTOR, f"select[data-key=choose-Run] option[value='{run}']").click()
    rows = browser.find_elements(By.CSS_SELECTOR, "#kinds tbody tr")
    rates = [float(row.find_elements(By.TAG_NAME, "td")[1 + run].text.split()[0]) for row in rows]
    assert rates == sorted(rates) and len(set(rates)) > 1
    if rows[0].find_element(By.CLASS_NAME, "bar-cell").is_displayed():  # not on a phone
        bars = [bar.get_attribute("style") for bar in browser.find_elements(By.CSS_SELECTOR, "#kinds .meter")]
        assert [round(float(bar.split("--value: ")[1].split("%")[0]), 2) for bar in bars] == rates


def test_a_cell_of_the_heat_map_shows_its_samples(at_width):
    browser = at_width("one.html")
    choose(browser, "right")  # and a search, which would both leave nothing of the cell
    browser.find_element(By.CSS_SELECTOR, "#filters input[type=search]").send_keys("no such id")
    cell = browser.find_element(By.CSS_SELECTOR, "#heat button")
    n = int(cell.text)
    label = cell.get_attribute("aria-label")
    cell.send_keys(Keys.ENTER)
    assert label == f"x read as X: {n}"
    status = browser.find_element(By.ID, "status").text
    assert f"{n} of 100 samples" in status and f"Only x read as X, {n} times." in status
    assert browser.find_element(By.CSS_SELECTOR, "#heat button[aria-pressed=true]").text == str(n)


def test_keyboard_alone_is_enough(at_width):
    browser = at_width("one.html")
    body = browser.find_element(By.TAG_NAME, "body")
    body.send_keys(Keys.TAB)
    assert browser.switch_to.active_element.text == "Skip to the samples"
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    for _ in range(12):
        focused = browser.switch_to.active_element
        if focused.get_attribute("name") == "show":
            break
        focused.send_keys(Keys.TAB)
    focused.send_keys(Keys.ARROW_RIGHT)
    assert browser.switch_to.active_element.get_attribute("value") != "errors"
    choose(browser, "all")
    browser.execute_script("document.activeElement.blur()")
    body.send_keys(Keys.ARROW_RIGHT)
    assert "Page 2 of 5" in browser.find_element(By.ID, "pager").text


def test_two_runs_show_what_was_won_and_lost(at_width):
    browser = at_width("two.html")
    versus = browser.find_element(By.ID, "versus")
    assert versus.is_displayed() and "Exact McNemar test" in versus.text
    comparison = browser.execute_script("return DATA.sets[0].comparison")
    for side in ("won", "lost"):
        choose(browser, side)
        assert cards(browser) == comparison[side][:24]
    card = browser.find_element(By.TAG_NAME, "article")
    assert "base:" in card.text and "new:" in card.text


def test_failures_and_missing_pictures_are_said(at_width):
    browser = at_width("two.html")
    choose(browser, "failed")
    card = browser.find_element(By.TAG_NAME, "article")
    assert "image: cut off" in card.text
    browser.execute_script("arguments[0].scrollIntoView()", card)
    WebDriverWait(browser, 5).until(lambda _: browser.find_element(By.ID, "no-pictures").is_displayed())
    choose(browser, "unparsable")
    first, second = browser.find_element(By.TAG_NAME, "article").find_elements(By.CLASS_NAME, "answer")
    assert "Not drawn as written: " not in first.text and "Not drawn as written: " in second.text
    assert second.find_elements(By.TAG_NAME, "svg")


def test_nothing_that_others_wrote_runs(browser, tmp_path, hostile):
    texts = [*hostile, *hostile[1:], hostile[0]]
    answers = [
        Pair(id=f"{text}{n}", gt=text, pred=other, image_path=other, failure=text if n % 9 == 0 else "")
        for n, (text, other) in enumerate(zip(hostile, texts[len(hostile) :], strict=True))
    ]
    right = [Pair(id=one.id, gt=one.gt, pred=one.gt, image_path=one.image_path) for one in answers]
    name = "<img src=x onerror=window.harm=1>"
    first, second = (score_set(name, pairs, text_metrics=True) for pairs in (answers, right))
    settings = {"model": name, "note": list(hostile)}
    (tmp_path / "one.html").write_text(report_page({"": [first]}, settings, folder=tmp_path))
    (tmp_path / "two.html").write_text(report_page({name: [first], "b": [second]}, {}, folder=tmp_path))
    predictions = [{"img_id": one.id, "gt": one.gt, "pred": one.pred} for one in answers]
    (tmp_path / f"{name}_pred.json").write_text(json.dumps(predictions))
    card.main([str(tmp_path / f"{name}_pred.json"), f"output={tmp_path}", "samples=99", "examples=99"])
    for page in ("one.html", "two.html", "data_card.html"):
        browser.get((tmp_path / page).as_uri())
        for _ in range(2):
            state = browser.execute_script(
                """
                for (const one of document.querySelectorAll("button, summary, input[type=radio], td[tabindex]"))
                  one.click();
                const named = [...document.querySelectorAll("*")].flatMap(e => [...e.attributes].map(a => [e, a]));
                return [
                  window.harm,
                  named.filter(([e, a]) => /^on/i.test(a.name) && a.value !== "return false").map(([, a]) => a.value),
                  named.filter(([, a]) => ["href", "src"].includes(a.name)).map(([e]) => e)
                    .filter(e => (e.href || e.src).toString().startsWith("javascript:")).length,
                  document.querySelectorAll("iframe, details[ontoggle], hr, [onerror]").length,
                ];
                """
            )
            assert state == [None, [], 0, 0], page
    browser.get_log("browser")  # pictures that are not there
