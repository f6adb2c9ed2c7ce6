// Intl.NumberFormat: the rules of ECMA-402 over the patterns of CLDR.
const noMinor = ["JPY", "KRW", "CLP", "VND", "ISK", "UGX", "XAF", "XOF", "XPF", "PYG", "RWF", "GNF", "KMF", "DJF", "BIF", "VUV"];
const threeMinor = ["KWD", "BHD", "JOD", "OMR", "TND", "IQD", "LYD"];
const minorOf = (currency) => (noMinor.includes(currency) ? 0 : threeMinor.includes(currency) ? 3 : 2);
const roundingModes = ["ceil", "floor", "expand", "trunc", "halfCeil", "halfFloor", "halfExpand", "halfTrunc", "halfEven"];

function count(options, name, low, high, otherwise) {
  const value = options[name];
  if (value === undefined) return otherwise;
  const number = Math.floor(Number(value));
  if (!(number >= low && number <= high)) throw new RangeError(`${name} value is out of range: it is from ${low} to ${high}`);
  return number;
}

function digitOptions(options, [least, most], compact) {
  const out = { minimumIntegerDigits: count(options, "minimumIntegerDigits", 1, 21, 1) };
  out.roundingIncrement = count(options, "roundingIncrement", 1, 5000, 1);
  out.roundingMode = pick(options, "roundingMode", roundingModes, "halfExpand");
  out.roundingPriority = pick(options, "roundingPriority", ["auto", "morePrecision", "lessPrecision"], "auto");
  out.trailingZeroDisplay = pick(options, "trailingZeroDisplay", ["auto", "stripIfInteger"], "auto");
  const { minimumFractionDigits: low, maximumFractionDigits: high, minimumSignificantDigits: few, maximumSignificantDigits: many } = options;
  if (few !== undefined || many !== undefined) {
    out.minimumSignificantDigits = count(options, "minimumSignificantDigits", 1, 21, 1);
    out.maximumSignificantDigits = count(options, "maximumSignificantDigits", out.minimumSignificantDigits, 21, 21);
    if (out.roundingPriority === "auto") return out;
  }
  if (low === undefined && high === undefined && compact && few === undefined && many === undefined) return { ...out, minimumFractionDigits: 0, maximumFractionDigits: 0, compactRounding: true };
  let [from, to] = [count(options, "minimumFractionDigits", 0, 100), count(options, "maximumFractionDigits", 0, 100)];
  if (from === undefined) from = Math.min(least, to ?? least);
  else if (to === undefined) to = Math.max(most, from);
  to ??= Math.max(most, from);
  if (from > to) throw new RangeError(`maximumFractionDigits value is out of range: ${to} is below the minimum of ${from}`);
  return { ...out, minimumFractionDigits: from, maximumFractionDigits: to };
}

class NumberFormat {
  #set;
  #format;
  constructor(locales, given) {
    const options = optionsOf(given);
    const locale = resolveLocale(locales);
    const style = pick(options, "style", ["decimal", "percent", "currency", "unit"], "decimal");
    const set = { locale: locale.tag, numberingSystem: "latn", style };
    const currency = pick(options, "currency");
    if (currency !== undefined && !/^[a-z]{3}$/i.test(currency)) throw new RangeError(`Invalid currency code : ${currency}`);
    const unit = pick(options, "unit");
    if (style === "currency") {
      if (currency === undefined) throw new TypeError("Currency code is required with currency style.");
      Object.assign(set, { currency: currency.toUpperCase(), currencyDisplay: pick(options, "currencyDisplay", ["code", "symbol", "narrowSymbol", "name"], "symbol"), currencySign: pick(options, "currencySign", ["standard", "accounting"], "standard") });
    } else if (style === "unit") {
      if (unit === undefined) throw new TypeError("Required options for unit style: unit");
      const { short } = dataOf(locale).unit;
      if (!unit.split("-per-").every((one) => one in short) && !(unit in short)) throw new RangeError(`Invalid unit argument for Intl.NumberFormat() '${unit}'`);
      Object.assign(set, { unit, unitDisplay: pick(options, "unitDisplay", ["short", "narrow", "long"], "short") });
    }
    const notation = pick(options, "notation", ["standard", "scientific", "engineering", "compact"], "standard");
    const minor = style === "currency" && notation === "standard" ? minorOf(set.currency) : undefined;
    Object.assign(set, digitOptions(options, minor !== undefined ? [minor, minor] : [0, style === "percent" ? 0 : 3], notation === "compact"));
    const wanted = options.useGrouping;
    const otherwise = notation === "compact" ? "min2" : "auto";
    set.useGrouping = wanted === undefined || wanted === "true" || wanted === "false" ? otherwise : wanted === true ? "always" : wanted === false || wanted === null || wanted === "" || wanted === 0 ? false : pick(options, "useGrouping", ["min2", "auto", "always"], otherwise);
    set.notation = notation;
    if (notation === "compact") set.compactDisplay = pick(options, "compactDisplay", ["short", "long"], "short");
    set.signDisplay = pick(options, "signDisplay", ["auto", "never", "always", "exceptZero", "negative"], "auto");
    this.#set = set;
    hiddenIn(this, "data", dataOf(locale));
  }
  get format() { return this.#format ??= (value) => joined(numberParts(this.#set, this.data, value)); }
  formatToParts(value) { return numberParts(this.#set, this.data, value); }
  formatRange(a, b) {
    const [from, to] = [this.format(a), this.format(b)];
    return from === to ? `~${from}` : `${from}${/[^\d.,]/.test(from) ? " – " : "–"}${to}`;
  }
  formatRangeToParts(a, b) { return [{ type: "literal", value: this.formatRange(a, b), source: "shared" }]; }
  resolvedOptions() { const { compactRounding, ...rest } = this.#set; return rest; }
}

function roundNumber(set, decimal) {
  const { roundingMode: mode } = set;
  if (set.maximumSignificantDigits !== undefined) {
    const significant = keepDigits(decimal, set.maximumSignificantDigits, mode);
    if (set.roundingPriority === "auto") return significant;
    const fraction = keepFraction(decimal, set.maximumFractionDigits, mode);
    const finer = decimal.point - set.maximumSignificantDigits <= -set.maximumFractionDigits;
    return finer === (set.roundingPriority === "morePrecision") ? significant : fraction;
  }
  if (set.compactRounding) return decimal.point >= 2 ? keepFraction(decimal, 0, mode) : keepDigits(decimal, 2, mode);
  if (set.roundingIncrement > 1) return keepSteps(decimal, set.maximumFractionDigits, set.roundingIncrement, mode);
  return keepFraction(decimal, set.maximumFractionDigits, mode);
}

// How many powers of ten the notation takes out of a number of this size.
function powersOf(set, table, magnitude) {
  if (set.notation === "scientific") return magnitude;
  if (set.notation === "engineering") return Math.floor(magnitude / 3) * 3;
  if (set.notation !== "compact") return 0;
  const key = Math.min(magnitude, Math.max(...Object.keys(table)));
  const zeros = /0+/.exec(table[key]?.other ?? "0")[0];
  return table[key] === undefined || table[key].other === "0" ? 0 : key - zeros.length + 1;
}

function grouped(whole, set, pattern, data) {
  if (set.useGrouping === false) return [whole];
  const [, second, first] = /(?:,([#0]+))?,([#0]+)/.exec(pattern) ?? [];
  if (!first) return [whole];
  const least = set.useGrouping === "always" ? 1 : set.useGrouping === "min2" ? Math.max(2, data.least) : data.least;
  const size = first.replace(/\..*/, "").length;
  if (whole.length < size + least) return [whole];
  const out = [whole.slice(-size)];
  const next = second?.length ?? size;
  for (let end = whole.length - size; end > 0; end -= next) out.unshift(whole.slice(Math.max(0, end - next), end));
  return out;
}

function signOf(set, negative, zero) {
  switch (set.signDisplay) {
    case "never": return "";
    case "always": return negative ? "-" : "+";
    case "exceptZero": return zero ? "" : negative ? "-" : "+";
    case "negative": return negative && !zero ? "-" : "";
    default: return negative ? "-" : "";
  }
}

function symbolOf(set, data) {
  const names = data.number.moneys[set.currency];
  return set.currencyDisplay === "code" || !names ? set.currency : set.currencyDisplay === "narrowSymbol" ? names.n : names.s;
}

// The pattern that goes around the digits.
function patternOf(set, { number }) {
  if (set.style === "percent") return number.patterns.percent;
  if (set.style !== "currency" || set.currencyDisplay === "name") return number.patterns.decimal;
  const kind = set.currencySign === "accounting" ? "accounting" : "currency";
  const pattern = number.patterns[kind];
  const symbol = symbolOf(set, { number });
  const before = pattern.indexOf("¤") < pattern.search(/[#0]/);
  return (before ? /\p{L}$/u : /^\p{L}/u).test(symbol) ? number.patterns[`${kind}+`] ?? pattern : pattern;
}

// A piece of a pattern, before or after the digits, as parts.
function affix(text, set, data, sign) {
  const out = [];
  const literal = (value) => { const last = out.at(-1); if (last?.type === "literal") last.value += value; else out.push({ type: "literal", value }); };
  for (const mark of text.replace(/'([^']*)'/g, "$1")) {
    if (mark === "¤") out.push({ type: "currency", value: symbolOf(set, data) });
    else if (mark === "%") out.push({ type: "percentSign", value: data.number.percent });
    else if (mark === "-") out.push(sign === "+" ? { type: "plusSign", value: data.number.plus } : { type: "minusSign", value: data.number.minus });
    else literal(mark);
  }
  return out;
}

function numberParts(set, data, value) {
  const { number } = data;
  const input = typeof value === "object" && value !== null ? value[Symbol.toPrimitive]?.("number") ?? value.valueOf() : value;
  let decimal = decimalOf(typeof input === "bigint" || typeof input === "string" ? input : Number(input));
  if (set.style === "percent") decimal = shifted(decimal, 2);
  const table = set.style === "currency" && set.currencyDisplay !== "name" ? number.moneyShort : number[set.compactDisplay] ?? {};
  let powers = 0;
  let rounded = decimal;
  if (!decimal.special) {
    powers = decimal.digits ? powersOf(set, table, decimal.point - 1) : 0;
    rounded = roundNumber(set, shifted(decimal, -powers));
    // 999,999 rounds to a thousand thousands: one size up.
    if (rounded.digits && powersOf(set, table, rounded.point - 1 + powers) !== powers) {
      powers = powersOf(set, table, rounded.point - 1 + powers);
      rounded = roundNumber(set, shifted(decimal, -powers));
    }
  }
  let least = set.minimumFractionDigits ?? 0;
  if (set.minimumSignificantDigits !== undefined && set.roundingPriority === "auto") least = Math.max(0, set.minimumSignificantDigits - (rounded.digits ? rounded.point : 1));
  let [whole, fraction] = written(rounded, set.minimumIntegerDigits, least);
  if (set.trailingZeroDisplay === "stripIfInteger" && !/[1-9]/.test(fraction)) fraction = "";
  const pattern = patternOf(set, data);
  const digits = [];
  const money = set.style === "currency";
  if (decimal.special) digits.push({ type: decimal.special, value: number[decimal.special] });
  else {
    grouped(whole, set, pattern, number).forEach((part, at) => { if (at) digits.push({ type: "group", value: (money && number.moneyGroup) || number.group }); digits.push({ type: "integer", value: part }); });
    if (fraction) digits.push({ type: "decimal", value: (money && number.moneyDecimal) || number.decimal }, { type: "fraction", value: fraction });
    if (set.notation === "scientific" || set.notation === "engineering") {
      digits.push({ type: "exponentSeparator", value: number.exponent });
      if (powers < 0) digits.push({ type: "exponentMinusSign", value: number.minus });
      digits.push({ type: "exponentInteger", value: String(Math.abs(powers)) });
    }
  }
  const sign = decimal.special === "nan" ? signOf(set, false, true) : signOf(set, decimal.negative, !decimal.special && rounded.digits === "");
  const text = fraction ? `${whole}.${fraction}` : whole;
  return dressed(set, data, digits, { sign, pattern, powers, table, text });
}

function around(pattern, set, data, sign, middle) {
  const [positive, negative] = pattern.split(";");
  const chosen = sign === "" ? positive : negative ?? `-${positive}`;
  const [before, after] = [/^(?:'[^']*'|[^#0,.'])*/.exec(chosen)[0], /(?:'[^']*'|[^#0,.'])*$/.exec(chosen)[0]];
  return [...affix(before, set, data, sign), ...middle, ...affix(after, set, data, sign)];
}

// Puts digits into the pattern of compact forms, then of the style.
function dressed(set, data, digits, { sign, pattern, powers, table, text }) {
  const locale = parseTag(set.locale);
  const form = () => plurals(locale, false, text);
  let middle = digits;
  let outer = pattern;
  if (set.notation === "compact" && powers > 0) {
    const row = table[powers] ?? table[Math.max(...Object.keys(table).filter((key) => key - /0+/.exec(table[key].other)[0].length + 1 === powers))];
    const exact = table[Math.max(...Object.keys(table).map(Number).filter((key) => key <= powers + text.split(".")[0].length - 1))] ?? row;
    const wide = set.style === "currency" && /\p{L}$/u.test(symbolOf(set, data)) ? "+" : "";
    const form1 = form();
    const compact = exact[form1 + wide] ?? exact[`other${wide}`] ?? exact[form1] ?? exact.other;
    if (set.style === "currency" && set.currencyDisplay !== "name") return around(compact.replace(/([^0¤\s'-]+|'[^']*')/g, (word) => word), set, data, sign, middle).flatMap((part) => (part.type === "literal" ? compactWords(part.value) : [part]));
    const [before, after] = compact.replace(/'([^']*)'/g, "$1").split(/0+/);
    middle = [...compactWords(before), ...digits, ...compactWords(after)];
  }
  if (set.style === "unit") return unitParts(set, data, around(outer, set, data, sign, middle), form());
  if (set.style === "currency" && set.currencyDisplay === "name") {
    const names = data.number.moneys[set.currency];
    const one = form();
    const frame = data.number.patterns[one] ?? data.number.patterns.other;
    return framed(frame, around(outer, set, data, sign, middle), { type: "currency", value: names ? names[one] ?? names.other : set.currency });
  }
  return around(outer, set, data, sign, middle);
}

function compactWords(text) {
  return (text.match(/\s+|\S+/g) ?? []).map((value) => ({ type: /^\s/.test(value) ? "literal" : "compact", value }));
}

function framed(frame, inner, name) {
  return frame.split(/(\{[01]\})/).filter(Boolean).flatMap((piece) => (piece === "{0}" ? inner : piece === "{1}" ? [name] : [{ type: "literal", value: piece }]));
}

function unitParts(set, data, inner, form) {
  const units = data.unit[set.unitDisplay];
  const direct = units[set.unit];
  const [first, second] = direct ? [set.unit] : set.unit.split("-per-");
  let frame = units[first][form] ?? units[first].other;
  if (second) {
    const per = units[second].per;
    frame = per ? per.replace("{0}", frame) : units.per.replace("{0}", frame).replace("{1}", (units[second].one ?? units[second].other).replace("{0}", "").trim());
  }
  const out = [];
  for (const piece of frame.split(/(\{0\}|[\s\u00a0\u202f]+)/).filter(Boolean)) {
    if (piece === "{0}") out.push(...inner);
    else out.push({ type: /^[\s\u00a0\u202f]+$/.test(piece) ? "literal" : set.unit === "percent" ? "percentSign" : "unit", value: piece });
  }
  return out;
}

const IntlNumberFormat = callable(NumberFormat, "NumberFormat");
methods.Number.toLocaleString = function (locales, options) { return cached(NumberFormat, locales, options).format(Number(this)); };
methods.BigInt.toLocaleString = function (locales, options) { return cached(NumberFormat, locales, options).format(BigInt(this)); };
