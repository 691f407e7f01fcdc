// Sentences that a reader must know; the sign and the word carry the level, not the colour alone.

const LEVELS = { failed: "Failed", warning: "Warning", note: "Note" };
const SIGNS = { failed: "✕", warning: "!", note: "i" };

function levelSign(level) {
  return element("span", { class: `sign ${level}`, text: SIGNS[level], "aria-hidden": "true" });
}

function cautionList(cautions) {
  const items = cautions.map(({ level, text }) =>
    element(
      "li",
      { class: `caution ${level}` },
      levelSign(level),
      element("span", {}, element("strong", { text: `${LEVELS[level]}: ` }), text)
    )
  );
  return items.length ? element("ul", { class: "cautions", "aria-label": "Warnings" }, items) : null;
}
