// Shares of the seven emotions as one bar, with names where there is room for them.

function stackedBar(shares) {
  const known = shares.some((share) => share !== null && share !== undefined);
  if (!known) return element("span", { class: "soft", text: "no usable face" });
  const said = report.emotions
    .map((emotion, at) => [emotion, shares[at] ?? 0])
    .filter(([, share]) => share >= 0.005)
    .sort((one, other) => other[1] - one[1]);
  const label = said.map(([emotion, share]) => `${emotion} ${percent(share)}`).join(", ");
  const parts = report.emotions.map((emotion, at) => {
    const share = shares[at] ?? 0;
    const text = share >= 0.16 ? `${emotion} ${percent(share)}` : "";
    const part = element("span", { class: `part ${emotion}`, text, title: `${emotion} ${percent(share)}` });
    part.style.flexGrow = share;
    return part;
  });
  return element("div", { class: "stacked", role: "img", "aria-label": label }, parts);
}
