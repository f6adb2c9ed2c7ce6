// How things went over time.

import { look } from "../api.js";
import { lines } from "../chart.js";
import { facts, fill, h, problem, table } from "../dom.js";
import { count, took, when } from "../format.js";

const RANGES = { 24: "24 hours", 168: "7 days", 720: "30 days", 2160: "90 days" };

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

export async function page({ over }) {
  const [place, fault] = [h("div", {}), h("div", {})];
  const range = h(
    "select",
    { "data-search": true },
    Object.entries(RANGES).map(([hours, text]) => h("option", { value: hours }, text)),
  );
  async function draw() {
    try {
      const found = await look("figures", { hours: range.value }, over);
      const spans = filled(found, found.now_ms);
      const [from, to] = [when(spans[0]?.at_ms), when(found.now_ms)];
      const of = (pick) => spans.map(pick);
      const sum = (pick) => spans.reduce((all, span) => all + pick(span), 0);
      const direct = (span) => Math.round(span.bytes / 4);
      const saved = sum(direct) - sum((span) => span.model_tokens);
      const picture = (label, unit, ...series) => lines({ label, unit, from, to, series });
      fill(
        place,
        h(
          "div",
          { class: "card" },
          facts([
            ["Executions", count(sum((span) => span.executions))],
            ["Calls", count(sum((span) => span.calls))],
            ["Tokens that direct calls would have taken, about", count(sum(direct))],
            ["Tokens that programs took", count(sum((span) => span.model_tokens))],
            ["Saved, about", saved > 0 ? count(saved) : "nothing yet"],
          ]),
        ),
        h(
          "div",
          { class: "grid" },
          picture(
            "Tokens: direct calls and programs",
            count,
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
            count,
            { name: "calls with errors", tone: "bad", values: of((span) => span.errors) },
            { name: "executions that did not succeed", tone: "two", values: of((span) => span.failed) },
          ),
          picture(
            "Executions and calls",
            count,
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
  range.addEventListener("change", draw);
  await draw();
  return {
    element: [h("h1", {}, "Charts"), h("div", { class: "bar-of-fields" }, h("label", {}, "Time", range)), fault, place],
  };
}
