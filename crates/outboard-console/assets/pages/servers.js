// The servers: state, faults, how their calls go.

import { act, look } from "../api.js";
import { fill, h, facts, nothing, problem, say } from "../dom.js";
import { ago, count, tag, took } from "../format.js";

function card(server, again) {
  const said = h("div", {});
  const button = h(
    "button",
    {
      type: "button",
      onclick: async () => {
        button.disabled = true;
        try {
          await act("restart", { server: server.id });
          say(`${server.id} was started again`);
        } catch (error) {
          return fill(said, problem(error));
        } finally {
          button.disabled = false;
        }
        again();
      },
    },
    "Restart",
  );
  const day = server.day;
  return h(
    "article",
    { class: "card", "aria-label": server.id },
    h(
      "div",
      { class: "head" },
      h("h2", {}, server.id),
      tag(server.status),
      h("div", { class: "buttons" }, server.status !== "listing_only" && button),
    ),
    server.last_error && h("div", { class: "problem" }, server.last_error),
    facts([
      ["Transport", server.transport],
      ["Protocol", server.protocol_version],
      ["Process", server.pid && String(server.pid)],
      [
        "Tools",
        server.tools !== null && h("a", { href: `#/catalogue/${encodeURIComponent(server.id)}` }, count(server.tools)),
      ],
      [
        "Breaker",
        server.breaker &&
          h(
            "span",
            {},
            tag(server.breaker.state),
            server.breaker.opened > 0 && ` opened ${server.breaker.opened} times`,
          ),
      ],
      ["Calls in 24 h", day ? `${count(day.calls)}, ${count(day.errors)} with errors` : "none"],
      ["Half of them within", day && took(day.p50_us)],
      ["95 of 100 within", day && took(day.p95_us)],
      ["Last call", day && ago(day.last_ms)],
    ]),
    said,
  );
}

export async function page({ over }) {
  const place = h("div", { class: "grid" });
  let last = "";
  async function draw() {
    const { rows } = await look("servers", {}, over);
    const now = JSON.stringify(rows);
    if (now === last || place.contains(document.activeElement)) return;
    last = now;
    fill(
      place,
      rows.length === 0
        ? nothing("No server is configured.", "Add one with ", h("code", {}, "outboard add"), ".")
        : rows.map((server) =>
            card(server, () => {
              last = "";
              document.activeElement?.blur();
              draw();
            }),
          ),
    );
  }
  await draw();
  return { element: [h("h1", {}, "Servers"), place], changed: draw };
}
