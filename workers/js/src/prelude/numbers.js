// Numbers as readers of a locale write them. Written by hand: the engine has no Intl, and its toLocaleString ignores its arguments.
const separators = { en: [",", "."], de: [".", ","], es: [".", ","], it: [".", ","], pt: [".", ","], nl: [".", ","], fr: ["\u202f", ","] };
const currencies = { USD: "$", EUR: "€", GBP: "£", JPY: "¥", CNY: "CN¥", INR: "₹", KRW: "₩", BRL: "R$", CAD: "CA$", AUD: "A$", MXN: "MX$", CHF: "CHF " };

function language(locales) {
  const first = Array.isArray(locales) ? locales[0] : locales;
  const name = String(first ?? "en-US").slice(0, 2).toLowerCase();
  return name in separators ? name : "en";
}

function group(digits, mark) { return digits.replace(/\B(?=(\d{3})+(?!\d))/g, mark); }

function rounded(value, least, most) {
  if (Math.abs(value) >= 1e21) return value.toLocaleString === undefined ? String(value) : BigInt(Math.round(value)).toString();
  // Decimal text first: 1.005 means what it shows, not the binary value below it.
  let text = shift(shift(value, most, Math.round), -most, Number).toFixed(Math.min(most, 100));
  while (text.includes(".") && text.split(".")[1].length > least && text.endsWith("0")) text = text.slice(0, -1);
  return text.replace(/\.$/, "");
}

function shift(value, by, then) {
  const [digits, exponent = "0"] = String(value).split("e");
  return then(Number(`${digits}e${Number(exponent) + by}`));
}

const compactSteps = [[1e12, "T"], [1e9, "B"], [1e6, "M"], [1e3, "K"]];

function formatNumber(input, locales, options = {}) {
  const [groupMark, point] = separators[language(locales)];
  let value = Number(input);
  if (Number.isNaN(value)) return "NaN";
  const { style = "decimal", currency = "USD", notation } = options;
  const yen = currency === "JPY" || currency === "KRW";
  const byStyle = style === "currency" ? (yen ? [0, 0] : [2, 2]) : style === "percent" ? [0, 0] : [0, 3];
  let ending = style === "percent" ? "%" : "";
  if (style === "percent") value *= 100;
  if (notation === "compact") {
    const step = compactSteps.find(([size]) => Math.abs(value) >= size);
    if (step) { value /= step[0]; ending = step[1] + ending; }
    byStyle[0] = 0;
    byStyle[1] = Math.abs(value) < 100 ? 1 : 0;
  }
  const least = options.minimumFractionDigits ?? Math.min(byStyle[0], options.maximumFractionDigits ?? byStyle[0]);
  const most = options.maximumFractionDigits ?? Math.max(byStyle[1], least);
  if (options.maximumSignificantDigits) value = Number(value.toPrecision(options.maximumSignificantDigits));
  const size = Math.abs(value);
  let body = Number.isFinite(size) ? rounded(size, least, options.maximumSignificantDigits ? 20 : most) : "∞";
  let [whole, part] = body.split(".");
  if (options.minimumIntegerDigits) whole = whole.padStart(options.minimumIntegerDigits, "0");
  if (options.useGrouping !== false) whole = group(whole, groupMark);
  body = whole + (part ? point + part : "");
  const negative = value < 0 && /[1-9∞]/.test(body);
  const sign = negative ? "-" : options.signDisplay === "always" || (options.signDisplay === "exceptZero" && value > 0) ? "+" : "";
  if (style === "unit") return `${sign}${body}${ending} ${options.unit ?? ""}`.trim();
  if (style !== "currency") return sign + body + ending;
  const mark = options.currencyDisplay === "code" ? `${currency}\u00a0` : currencies[currency] ?? `${currency}\u00a0`;
  return language(locales) === "en" ? `${sign}${mark}${body}${ending}` : `${sign}${body}${ending}\u00a0${mark.trim()}`;
}

Object.defineProperty(Number.prototype, "toLocaleString", { value: function toLocaleString(locales, options) { return formatNumber(this, locales, options); }, writable: true, configurable: true });
Object.defineProperty(BigInt.prototype, "toLocaleString", { value: function toLocaleString(locales) { return group(this.toString(), separators[language(locales)][0]); }, writable: true, configurable: true });
