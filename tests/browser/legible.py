"""Whether everybody can read and work a page: contrasts of texts, and names of what is pressed or filled."""

from __future__ import annotations

from tests.browser.conftest import Page

_PALE = """() => {
  const light = (colour) => { const [r, g, b] = colour.map((v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4)); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const read = (text) => { const found = text.match(/[\\d.]+/g).map(Number); return found.length < 4 ? [...found, 1] : found; };
  const over = (top, under, share) => under.map((v, at) => v * (1 - share) + top[at] * share);
  const behind = (node) => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) layers.push(read(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((seen, layer) => over(layer, seen, layer[3]), [255, 255, 255]);
  };
  const pale = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const node = text.parentElement;
    const style = getComputedStyle(node);
    if (!text.data.trim() || !node.getClientRects().length || node.closest(".hidden, .skip, :disabled, noscript, option")) continue;
    const back = behind(node);
    let share = 1;
    for (let at = node; at; at = at.parentElement) share *= Number(getComputedStyle(at).opacity);
    const front = over(read(node.tagName === "text" ? style.fill : style.color), back, share);
    const [dark, bright] = [light(front), light(back)].sort((one, two) => one - two);
    if ((bright + 0.05) / (dark + 0.05) < 4.5) pale.push(text.data.trim());
  }
  return pale;
}"""  # noqa: E501  a script
"""Texts whose contrast is below 4.5 to 1. WCAG 2.2, 1.4.3."""

_NAMELESS = """all => all.filter(x => !(x.getAttribute('aria-label') || x.textContent.trim() || x.labels?.length))
    .map(x => x.outerHTML)"""


def assert_legible(page: Page) -> None:
    """See that every text stands out, and that everything that is pressed or filled has a name."""
    assert page.evaluate(_PALE) == []
    named = "button, input, select, textarea, a, dialog[open]"
    assert page.eval_on_selector_all(named, _NAMELESS) == []
