// How things went over time.

import { look } from "../api.js";
import { lines } from "../chart.js";
import { fill, h, nothing, problem, table, tiles } from "../dom.js";
import { choose, filters, named } from "../fields.js";
import { count, hour, saved, short, took, when } from "../format.js";

const RANGES = [
  ["24", "24 hours"],
  ["168", "7 days"],
  ["720", "30 days"],
  ["2160", "90 days"],
];

/** Spans in which nothing happened are put back. */
function filled(found, now) {
  const known = new Map(found.spans.map((span) => [span.at_ms, span]));
  const first = Math.floor(found.since_ms / found.span_ms) * found.span_ms;
  const all = [];
  for (let at = first; at <= now; at += found.span_ms)
    all.push(
      known.get(at) ?? {
        at_ms: at,
        executions: 0,
        failed: 0,
        model_tokens: 0,
        calls: 0,
        errors: 0,
        bytes: 0,
        p50_us: 0,
        p95_us: 0,
      },
    );
  return all;
}

export async function page({ query, over }) {
  const [place, fault] = [h("div", {}), h("div", {})];
  const range = choose(RANGES, query.get("hours") ?? "24", { name: "hours", "data-search": true });
  async function draw() {
    try {
      const found = await look("figures", { hours: range.value }, over);
      const spans = filled(found, found.now_ms);
      const [from, to] = [hour(spans[0]?.at_ms), hour(found.now_ms)];
      const times = spans.map((span) => hour(span.at_ms));
      const of = (pick) => spans.map(pick);
      const sum = (pick) => spans.reduce((all, span) => all + pick(span), 0);
      const direct = (span) => Math.round(span.bytes / 4);
      const picture = (label, unit, ...series) => lines({ label, unit, from, to, times, series });
      fill(
        place,
        tiles([
          ["Executions", count(sum((span) => span.executions))],
          ["Calls", count(sum((span) => span.calls))],
          ["Calls with errors", count(sum((span) => span.errors))],
          ["Tokens by direct calls, about", short(sum(direct))],
          ["Tokens by programs", short(sum((span) => span.model_tokens))],
          ["Saved, about", saved(sum(direct), sum((span) => span.model_tokens))],
        ]),
        sum((span) => span.calls + span.executions) === 0 &&
          nothing("Nothing happened in this time.", "Choose a longer one above."),
        h(
          "div",
          { class: "grid wide" },
          picture(
            "Tokens: direct calls and programs",
            short,
            { name: "direct calls, estimated", tone: "two", values: of(direct) },
            { name: "programs", tone: "one", values: of((span) => span.model_tokens) },
          ),
          picture(
            "Latency of calls",
            took,
            { name: "half within", tone: "one", values: of((span) => span.p50_us) },
            { name: "95 of 100 within", tone: "two", values: of((span) => span.p95_us) },
          ),
          picture(
            "Errors",
            short,
            { name: "calls with errors", tone: "bad", values: of((span) => span.errors) },
            { name: "executions that did not succeed", tone: "two", values: of((span) => span.failed) },
          ),
          picture(
            "Executions and calls",
            short,
            { name: "executions", tone: "one", values: of((span) => span.executions) },
            { name: "calls", tone: "two", values: of((span) => span.calls) },
          ),
        ),
        h(
          "details",
          {},
          h("summary", {}, "The same as a table"),
          table(
            "Figures",
            ["From", "Executions", "Failed", "Calls", "Errors", "Model tokens", "Direct, about", "p50", "p95"],
            spans
              .filter((span) => span.calls + span.executions > 0)
              .map((span) => [
                when(span.at_ms),
                count(span.executions),
                count(span.failed),
                count(span.calls),
                count(span.errors),
                count(span.model_tokens),
                count(direct(span)),
                took(span.p50_us),
                took(span.p95_us),
              ]),
          ),
        ),
      );
      fill(fault);
    } catch (error) {
      if (error.name !== "AbortError") fill(fault, problem(error));
    }
  }
  const fields = filters("Time", "figures", [named("Time", range)], draw);
  await draw();
  return { element: [h("h1", {}, "Charts"), fields, fault, place] };
}
