// What is different between two texts, line by line.

import { h } from "./dom.js";

const LONGEST = 600;

/** Pairs of a sign and a line: the longest common part stays. */
export function difference(old, now) {
  const [a, b] = [old.split("\n").slice(0, LONGEST), now.split("\n").slice(0, LONGEST)];
  const common = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      common[i][j] = a[i] === b[j] ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
    }
  }
  const lines = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push([" ", a[i]]);
      i += 1;
      j += 1;
    } else if (j >= b.length || (i < a.length && common[i + 1][j] >= common[i][j + 1])) {
      lines.push(["-", a[i]]);
      i += 1;
    } else {
      lines.push(["+", b[j]]);
      j += 1;
    }
  }
  return lines;
}

const CLASSES = { "+": "added", "-": "removed" };

/** Lines with their signs. */
export function shown(lines, label) {
  return h(
    "div",
    { class: "diff mono", tabindex: "0", role: "region", "aria-label": label },
    lines.map(([sign, text]) => h("div", { class: CLASSES[sign] }, `${sign} ${text}`)),
  );
}

/** A unified difference, as the program wrote it. */
export function unified(text, label) {
  return shown(
    text.split("\n").map((line) => (["+", "-"].includes(line[0]) ? [line[0], line.slice(1)] : [" ", line])),
    label,
  );
}
