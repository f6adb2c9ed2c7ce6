// Programs that were worth keeping.

import { look } from "../api.js";
import { lines } from "../chart.js";
import { unified } from "../diff.js";
import { block, facts, fill, h, nothing, problem, table } from "../dom.js";
import { ago, count, tag } from "../format.js";

async function versions(name, over, place) {
  const found = await look("skill", { name }, over);
  history.replaceState(null, "", `#/skills/${encodeURIComponent(name)}`);
  const changed = h("div", {});
  const compare = (older) => async () => {
    try {
      const { diff, old, new: now } = await look("skill_diff", { name, old: older }, over);
      fill(
        changed,
        h("h3", {}, `${old} → ${now}`),
        diff ? unified(diff, `Changes of ${name}`) : h("p", { class: "empty" }, "The same."),
      );
    } catch (error) {
      fill(changed, problem(error));
    }
  };
  fill(
    place,
    h("h2", {}, name),
    h("p", {}, found.description),
    facts([
      ["Version", found.version],
      ["Place", found.place],
      ["Import", h("code", {}, found.import)],
    ]),
    h("h3", {}, "Versions"),
    table(
      "Versions",
      ["Version", "What", "By", "When", ""],
      found.history.map((entry) => [
        h("code", {}, entry.id),
        entry.what,
        entry.by ?? "",
        ago(entry.at_ms),
        entry.id !== found.version &&
          h("button", { type: "button", onclick: compare(entry.id) }, `Compare ${entry.id.slice(0, 6)} with the present`),
      ]),
    ),
    changed,
    found.texts.map((file) => [h("h3", {}, file.path), block(file.text, file.path)]),
  );
}

export async function page({ rest, over }) {
  const [place, one, curve] = [h("div", {}), h("section", { "aria-live": "polite" }), h("div", {})];
  const open = (name) => versions(name, over, one).catch((error) => fill(one, problem(error)));
  async function draw() {
    const found = await look("skills", {}, over);
    const uses = new Map(found.skills.map((skill) => [skill.id, skill]));
    fill(
      place,
      found.rows.length === 0
        ? nothing(
            "There are no skills yet.",
            "A program saves one below ",
            h("code", {}, "/skills"),
            "; ",
            h("code", {}, "outboard skills save EXECUTION --name NAME"),
            " keeps one that ran well.",
          )
        : table(
            "Skills",
            ["Name", "Status", "Version", "Place", "Uses", "What it does", ""],
            found.rows.map((row) => {
              return [
                h("button", { type: "button", onclick: () => open(row.id) }, row.id),
                tag(row.status),
                row.version ?? "",
                row.place,
                count(uses.get(row.id)?.uses),
                row.problem ? h("span", { class: "bad" }, row.problem) : (row.description ?? ""),
                row.status === "waiting" && h("a", { href: "#/approvals" }, "Look at it and answer"),
              ];
            }),
          ),
    );
    const share = (part) => `${Math.round(part * 100)} %`;
    fill(
      curve,
      found.curve.length > 1 &&
        lines({
          label: "How much is reused",
          unit: share,
          from: "older runs",
          to: `last of ${found.runs}`,
          series: [
            {
              name: "programs that use skills",
              tone: "one",
              values: found.curve.map((point) => point.programs_with_skills),
            },
            {
              name: "lines that come from skills",
              tone: "two",
              values: found.curve.map((point) => point.lines_from_skills),
            },
          ],
        }),
    );
  }
  await draw();
  if (rest[0]) await open(rest[0]);
  return { element: [h("h1", {}, "Skills"), place, one, curve], changed: draw };
}
