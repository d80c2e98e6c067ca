"""The page in a real Chromium: it says nothing on the console, moves, copies, shows formulas, and can be used by all."""

import shutil

import pytest
import torch
from axe_core_python.selenium import Axe
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

import schemetools as st

BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(
    not (BROWSER and DRIVER),
    reason="no Chromium: install Debian's chromium and chromium-driver, as .ci/run does",
)
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}", "--window-size=1280,1000"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    driver.set_script_timeout(60)
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Pages by what is on them, each written once."""
    folder = tmp_path_factory.mktemp("pages")
    torch.manual_seed(0)
    stack = st.to_stack(st.lm(), [torch.nn.Linear(3, 3) for _ in range(3)], h=0.2, init={"k": 0.1})
    made = {
        "two": st.report(["lm(k=0.3)", "rk4"], sweep={"k": [-0.5, 0, 0.5]}),
        "grid": st.report("lax_wendroff"),
        "network": st.report(st.inspect(stack, torch.randn(2, 3))),
    }
    return {name: page.save(folder / f"{name}.html").resolve().as_uri() for name, page in made.items()}


@pytest.fixture
def shown(browser, pages):
    """`shown("two")`: the browser on that page, with everything that it said on the console read away."""

    def go(name):
        browser.get_log("browser")
        browser.get(pages[name])
        return browser

    yield go
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.mark.parametrize("name", ["two", "grid", "network"])
def test_nothing_on_the_console_and_nothing_from_the_network(shown, name):
    page = shown(name)
    assert page.get_log("browser") == []
    assert page.execute_script("return performance.getEntriesByType('resource').map(e => e.name)") == []
    assert page.execute_script("return document.compatMode") == "CSS1Compat"


@pytest.mark.parametrize("name", ["two", "grid"])
def test_the_slider_moves_the_picture_by_keyboard(shown, name):
    page = shown(name)
    slider = page.find_element(By.CSS_SELECTOR, "input[type=range]")
    section = slider.find_element(By.XPATH, "./ancestor::section")
    line, said = section.find_element(By.CSS_SELECTOR, "svg .line"), section.find_element(By.CSS_SELECTOR, "output")
    before = line.get_attribute("d"), line.rect, said.text
    slider.send_keys(Keys.HOME)
    first = line.get_attribute("d"), line.rect, said.text
    slider.send_keys(Keys.ARROW_RIGHT)
    second = line.get_attribute("d"), line.rect, said.text
    assert len({before[0], first[0], second[0]}) == 3 and len({before[2], first[2], second[2]}) == 3
    assert name == "grid" or first[1]["width"] > before[1]["width"]  # k nearer to -1: a wider ellipse
    assert slider.get_attribute("aria-valuetext") == said.text
    assert page.get_log("browser") == []


def test_the_slider_moves_verdicts_and_equation(shown):
    """At every stop they are those of the scheme with that k, as the package says them."""
    page = shown("two")
    slider = page.find_element(By.CSS_SELECTOR, "input[type=range]")
    section = slider.find_element(By.XPATH, "./ancestor::section")
    slider.send_keys(Keys.HOME)
    for k in ("-1/2", "0", "3/10", "1/2"):
        assert section.find_element(By.CSS_SELECTOR, "output").text == f"k = {k}"
        rows = section.find_elements(By.CSS_SELECTOR, ".beside tr")
        found = {r.find_element(By.TAG_NAME, "th").text: r.find_element(By.TAG_NAME, "td").text for r in rows}
        known = st.stability(st.lm(k=k))
        assert found["real interval"] == str(known.real_interval)
        assert found["zero-stable"] == ("yes" if known.is_zero_stable else "no")
        limit = [part.text for part in section.find_elements(By.CSS_SELECTOR, ".beside mfrac")]
        assert section.find_elements(By.CSS_SELECTOR, ".beside math") and (k == "0" or limit)
        texts = page.execute_script("return document.querySelector('.beside').textContent").replace("\u2062", "")
        assert (str(known.limit).replace("/", "") + "f") in texts or k == "0"
        slider.send_keys(Keys.ARROW_RIGHT)
    assert page.get_log("browser") == []


def test_formulas_have_a_size_and_stay_on_the_page(shown):
    page = shown("two")
    sizes = page.execute_script(
        "return [...document.querySelectorAll('math')].map(m => m.getBoundingClientRect()).map(r => [r.width, r.height])"
    )
    assert len(sizes) > 40 and all(width > 2 and height > 5 for width, height in sizes)
    fraction = page.find_element(By.CSS_SELECTOR, "mfrac")
    over, under = fraction.find_elements(By.XPATH, "./*")
    assert over.rect["y"] + over.rect["height"] <= under.rect["y"] + 1  # one above the other: MathML is drawn
    assert page.find_elements(By.CSS_SELECTOR, "code.latex") == []


def test_the_button_copies_the_program(shown):
    page = shown("two")
    page.execute_cdp_cmd("Browser.grantPermissions", {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]})
    button = page.find_element(By.CSS_SELECTOR, "[aria-label='Copy the NumPy program of rk4']")
    button.send_keys(Keys.ENTER)
    copied = page.execute_async_script("navigator.clipboard.readText().then(arguments[0], arguments[0])")
    assert copied == st.to_source("rk4", "numpy")
    assert button.find_element(By.XPATH, "./following-sibling::*[@role='status']").text == "copied"


@pytest.mark.parametrize(
    ("name", "colours"), [("two", "light"), ("two", "dark"), ("grid", "light"), ("network", "light")]
)
def test_axe_finds_no_serious_fault(shown, name, colours):
    """All rules in the light; in the dark that of contrast, which alone depends on it."""
    page = shown(name)
    page.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": colours}]}
    )
    page.execute_script("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    paper = page.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert paper == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 27)"}[colours]
    found = Axe().run(page, options={} if colours == "light" else {"runOnly": ["color-contrast"]})
    faults = [(v["id"], v["nodes"][0]["html"][:200]) for v in found["violations"] if v["impact"] != "minor"]
    assert faults == []
    assert "color-contrast" in {rule["id"] for rule in found["passes"]}


def test_on_a_phone_nothing_is_wider_than_the_screen(shown):
    page = shown("two")
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
    assert page.execute_script("return document.documentElement.scrollWidth") <= PHONE["width"]
    sizes = page.execute_script(
        "return [...document.querySelectorAll('button,input,summary')].filter(e => e.checkVisibility())"
        ".map(e => e.getBoundingClientRect().height)"
    )
    assert min(sizes) >= 24  # the target size of WCAG 2.2, level AA
