// The small Intl: en-US rules over the formatters above, and an order of text that people expect.
function fold(text) {
  return /^[\x00-\x7f]*$/.test(text) ? text.toLowerCase() : text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

// Letters first, then accents, then lower case before upper case.
function compareText(a, b, options) {
  let [x, y] = [fold(a), fold(b)];
  if (options?.numeric) [x, y] = [x, y].map((text) => text.replace(/\d+/g, (digits) => digits.replace(/^0+(?=\d)/, "").padStart(20, "0")));
  if (x !== y) {
    const [p, q] = [x, y].map((text) => text.replace(/[^\p{L}\p{N}]/gu, (mark) => (mark === " " ? "\x01" : "\x02")));
    return p < q ? -1 : p > q ? 1 : x < y ? -1 : 1;
  }
  if (options?.sensitivity === "base") return 0;
  const [m, n] = [a, b].map((text) => text.normalize("NFD").toLowerCase());
  if (m !== n) return m < n ? -1 : 1;
  return options?.sensitivity === "accent" || a === b ? 0 : a > b ? -1 : 1;
}
Object.defineProperty(String.prototype, "localeCompare", { value: function localeCompare(other, locales, options) { return compareText(String(this), String(other), options); }, writable: true, configurable: true });

function formatter(name, work, methods) {
  const made = function (locales, options) {
    const self = { format: (value) => work(value, locales, options), resolvedOptions: () => ({ locale: "en-US", timeZone: "UTC", ...options }) };
    for (const [key, method] of Object.entries(methods ?? {})) self[key] = (...args) => method(locales, options, ...args);
    return Object.assign(Object.create(made.prototype), self);
  };
  made.supportedLocalesOf = (list) => [].concat(list ?? []);
  Object.defineProperty(made, "name", { value: name });
  return made;
}

const spans = [["year", 31557600], ["month", 2629800], ["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

function relative(value, unit, options) {
  const one = String(unit).replace(/s$/, "");
  if (!spans.some(([name]) => name === one)) throw new RangeError(`Invalid unit: ${unit}`);
  if (options?.numeric === "auto" && one === "day" && [-1, 0, 1].includes(value)) return ["yesterday", "today", "tomorrow"][value + 1];
  const text = `${formatNumber(Math.abs(value))} ${one}${Math.abs(value) === 1 ? "" : "s"}`;
  return value < 0 || Object.is(value, -0) ? `${text} ago` : `in ${text}`;
}

function plural(value, options) {
  if (options?.type !== "ordinal") return Number(value) === 1 ? "one" : "other";
  const [ten, hundred] = [value % 10, value % 100];
  return ten === 1 && hundred !== 11 ? "one" : ten === 2 && hundred !== 12 ? "two" : ten === 3 && hundred !== 13 ? "few" : "other";
}

function listText(items, options) {
  const word = options?.type === "disjunction" ? "or" : "and";
  const list = [...items];
  return list.length < 2 ? list.join("") : list.length === 2 ? list.join(` ${word} `) : `${list.slice(0, -1).join(", ")}, ${word} ${list.at(-1)}`;
}

const Intl = {
  NumberFormat: formatter("NumberFormat", (value, locales, options) => formatNumber(value, locales, options)),
  DateTimeFormat: formatter("DateTimeFormat", (value, locales, options) => formatDate(new Date(value ?? Date.now()), locales, options, "date")),
  Collator: formatter("Collator", () => "", { compare: (locales, options, a, b) => compareText(String(a), String(b), options) }),
  RelativeTimeFormat: formatter("RelativeTimeFormat", () => "", {}),
  PluralRules: formatter("PluralRules", () => "", { select: (locales, options, value) => plural(value, options) }),
  ListFormat: formatter("ListFormat", (items, locales, options) => listText(items, options)),
};
Intl.RelativeTimeFormat = function RelativeTimeFormat(locales, options) {
  return Object.assign(Object.create(RelativeTimeFormat.prototype), { format: (value, unit) => relative(value, unit, options) });
};
hidden("Intl", Intl);
