// The rest of Intl: order, plural forms, lists, spans of time, segments, names.
class Collator {
  #set;
  #compare;
  constructor(locales, given) {
    const options = optionsOf(given);
    const locale = resolveLocale(locales);
    const set = {
      locale: locale.tag, usage: pick(options, "usage", ["sort", "search"], "sort"), sensitivity: pick(options, "sensitivity", ["base", "accent", "case", "variant"], "variant"),
      ignorePunctuation: !!options.ignorePunctuation, collation: "default", numeric: options.numeric === undefined ? "kn" in locale.words && locale.words.kn !== "false" : !!options.numeric,
      caseFirst: pick(options, "caseFirst", ["upper", "lower", "false"], locale.words.kf || "false"),
    };
    const order = more.order(locale.tag, set.sensitivity, set.numeric, set.caseFirst, set.ignorePunctuation);
    this.#set = set;
    this.#compare = (a, b) => more.compare(order, String(a).toWellFormed(), String(b).toWellFormed());
  }
  get compare() { return this.#compare; }
  resolvedOptions() { return { ...this.#set }; }
}

class PluralRules {
  #set;
  constructor(locales, given) {
    const options = optionsOf(given);
    const locale = resolveLocale(locales);
    this.#set = { locale: locale.tag, type: pick(options, "type", ["cardinal", "ordinal"], "cardinal"), ...digitOptions(options, [0, 3], false) };
    hiddenIn(this, "where", locale);
  }
  select(value) {
    const set = this.#set;
    const decimal = decimalOf(Number(value));
    if (decimal.special) return "other";
    const rounded = roundNumber(set, decimal);
    const least = set.minimumSignificantDigits === undefined ? set.minimumFractionDigits : Math.max(0, set.minimumSignificantDigits - (rounded.digits ? rounded.point : 1));
    const [whole, fraction] = written(rounded, set.minimumIntegerDigits, least);
    return plurals(this.where, set.type === "ordinal", fraction ? `${whole}.${fraction}` : whole);
  }
  selectRange(_, end) { return this.select(end); }
  resolvedOptions() { return { ...this.#set, pluralCategories: more.plurals(this.where.tag, this.#set.type === "ordinal") }; }
}

class ListFormat {
  #set;
  constructor(locales, given) {
    const options = optionsOf(given);
    const locale = resolveLocale(locales);
    this.#set = { locale: locale.tag, type: pick(options, "type", ["conjunction", "disjunction", "unit"], "conjunction"), style: pick(options, "style", ["long", "short", "narrow"], "long") };
    hiddenIn(this, "patterns", dataOf(locale).list[this.#set.type][this.#set.style]);
    hiddenIn(this, "spanish", locale.language === "es");
  }
  format(list) { return joined(this.formatToParts(list)); }
  formatToParts(list) {
    const items = Array.from(list ?? [], (item) => { if (typeof item !== "string") throw new TypeError("Iterable yielded a value that is not a string"); return { type: "element", value: item }; });
    if (items.length < 2) return items;
    const link = (name, left, right) => this.#frame(this.patterns[name], right).split(/(\{[01]\})/).filter(Boolean).flatMap((piece) => (piece === "{0}" ? left : piece === "{1}" ? right : [{ type: "literal", value: piece }]));
    if (items.length === 2) return link("2", [items[0]], [items[1]]);
    let out = link("end", [items.at(-2)], [items.at(-1)]);
    for (let at = items.length - 3; at > 0; at--) out = link("middle", [items[at]], out);
    return link("start", [items[0]], out);
  }
  // Spanish says "e" before an i, and "u" before an o.
  #frame(frame, right) {
    if (!this.spanish) return frame;
    const next = right[0].value;
    if (/^(i|hi(?![ae])|í|hí)/i.test(next)) return frame.replace(/ y (?=\{1\})/, " e ");
    return /^(o|ho|ó|hó|8|11(?!\d)(?= |$))/i.test(next) ? frame.replace(/ o (?=\{1\})/, " u ") : frame;
  }
  resolvedOptions() { return { ...this.#set }; }
}

class RelativeTimeFormat {
  #set;
  constructor(locales, given) {
    const options = optionsOf(given);
    const locale = resolveLocale(locales);
    this.#set = { locale: locale.tag, style: pick(options, "style", ["long", "short", "narrow"], "long"), numeric: pick(options, "numeric", ["always", "auto"], "always"), numberingSystem: "latn" };
    hiddenIn(this, "where", locale);
  }
  format(value, unit) { return joined(this.formatToParts(value, unit)); }
  formatToParts(value, unit) {
    const one = String(unit).replace(/s$/, "");
    const table = dataOf(this.where).relative[this.#set.style][one];
    if (!table) throw new RangeError(`Invalid unit argument for format() '${unit}'`);
    const number = Number(value);
    if (!Number.isFinite(number)) throw new RangeError("The value of a relative time is a finite number");
    const word = this.#set.numeric === "auto" ? table.words[Object.is(number, -0) ? "0" : String(number)] : undefined;
    if (word !== undefined) return [{ type: "literal", value: word }];
    const past = number < 0 || Object.is(number, -0);
    const parts = cached(NumberFormat, this.#set.locale).formatToParts(Math.abs(number)).map((part) => ({ ...part, unit: one }));
    const forms = table[past ? "past" : "future"];
    const [before, after] = (forms[plurals(this.where, false, String(Math.abs(number)))] ?? forms.other).split("{0}");
    return [...(before ? [{ type: "literal", value: before }] : []), ...parts, ...(after ? [{ type: "literal", value: after }] : [])];
  }
  resolvedOptions() { return { ...this.#set }; }
}

// The ends of all segments are found at once.
const LONGEST_SEGMENTED = 4 << 20;

class Segmenter {
  #set;
  constructor(locales, given) {
    const options = optionsOf(given);
    this.#set = { locale: resolveLocale(locales).tag, granularity: pick(options, "granularity", ["grapheme", "word", "sentence"], "grapheme") };
  }
  segment(given) {
    const input = String(given);
    if (input.length > LONGEST_SEGMENTED) throw new RangeError(`Segmenter takes texts of at most ${LONGEST_SEGMENTED >> 20} Mi letters: cut it at line breaks first`);
    const { granularity } = this.#set;
    const all = () => {
      const ends = more.segments(granularity, input.toWellFormed());
      const out = [];
      for (let at = 0, from = 0; at < ends.length; at += 2) {
        if (ends[at] === from) continue;
        const one = { segment: input.slice(from, ends[at]), index: from, input };
        if (granularity === "word") one.isWordLike = ends[at + 1] === 1;
        out.push(one);
        from = ends[at];
      }
      return out;
    };
    return { containing: (at = 0) => all().findLast((one) => one.index <= at && at < input.length), [Symbol.iterator]: () => all()[Symbol.iterator]() };
  }
  resolvedOptions() { return { ...this.#set }; }
}

class Locale {
  constructor(tag, options = {}) {
    const { language, script, region, words, extension } = parseTag(tag);
    Object.assign(this, { language: options.language ?? language, script: options.script ?? script, region: options.region ?? region, hourCycle: options.hourCycle ?? words.hc, calendar: options.calendar ?? words.ca, numberingSystem: options.numberingSystem ?? words.nu });
    this.baseName = [this.language, this.script, this.region].filter(Boolean).join("-");
    hiddenIn(this, "extension", extension);
  }
  toString() { return this.baseName + this.extension; }
}

const IntlCollator = callable(Collator, "Collator");
const Intl = Object.defineProperty({}, Symbol.toStringTag, { value: "Intl", configurable: true });
const kindsOfIntl = {
  NumberFormat: IntlNumberFormat, DateTimeFormat: IntlDateTimeFormat, Collator: IntlCollator, PluralRules: callable(PluralRules, "PluralRules", false), ListFormat: callable(ListFormat, "ListFormat", false),
  RelativeTimeFormat: callable(RelativeTimeFormat, "RelativeTimeFormat", false), Segmenter: callable(Segmenter, "Segmenter", false), Locale: callable(Locale, "Locale", false), getCanonicalLocales: canonical,
  supportedValuesOf(key) {
    const values = { timeZone: () => more.zones().filter((name) => /\//.test(name)).sort(), currency: () => Object.keys(dataOf(resolveLocale()).number.moneys).sort(), unit: () => Object.keys(dataOf(resolveLocale()).unit.short).filter((name) => name !== "per" && !name.includes("-per-")).sort(), calendar: () => ["gregory"], numberingSystem: () => ["latn"], collation: () => [] };
    if (!Object.hasOwn(values, key)) throw new RangeError(`Invalid key : ${key}`);
    return values[key]();
  },
};
for (const [name, value] of Object.entries(kindsOfIntl)) hiddenIn(Intl, name, value);
let usualOrder;
methods.String.localeCompare = function (other, locales, options) {
  if (locales === undefined && options === undefined) return (usualOrder ??= new Collator().compare)(this, other);
  return cached(Collator, locales, options).compare(this, other);
};
methods.Array.toLocaleString = function (locales, options) { return Array.from(this, (item) => item?.toLocaleString(locales, options) ?? "").join(","); };
const isTurkish = (locales) => ["tr", "az"].includes(asList(locales).map(parseTag)[0]?.language);
methods.String.toLocaleUpperCase = function (locales) { return isTurkish(locales) ? String(this).replaceAll("i", "İ").toUpperCase() : String(this).toUpperCase(); };
methods.String.toLocaleLowerCase = function (locales) { return isTurkish(locales) ? String(this).replace(/I\u0307|İ/g, "i").replaceAll("I", "ı").toLowerCase() : String(this).toLowerCase(); };
return { Intl, methods };
