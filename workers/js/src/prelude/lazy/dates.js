// Intl.DateTimeFormat, and what Date says in the manner of a locale.
const zoneData = { names: undefined };
const widthSizes = { numeric: 1, "2-digit": 2, short: 3, long: 4, narrow: 5 };
const textWidths = ["narrow", "short", "long"];
const numberWidths = ["2-digit", "numeric"];
const nameOf = { narrow: "narrow", short: "short", long: "wide" };

function zoneOf(value) {
  if (value === undefined) return { name: "UTC" };
  const text = String(value);
  const fixed = /^([+-])(\d\d)(?::?(\d\d))?$/.exec(text);
  if (fixed && fixed[2] < 24 && (fixed[3] ?? 0) < 60) return { name: `${fixed[1]}${fixed[2]}:${fixed[3] ?? "00"}`, seconds: (fixed[1] === "-" ? -1 : 1) * (fixed[2] * 3600 + (fixed[3] ?? 0) * 60) };
  const name = more.zoneName(text);
  if (name === undefined || name === null) throw new RangeError(`Invalid time zone specified: ${text}`);
  return { name: ["Etc/UTC", "Etc/GMT", "GMT", "Etc/UCT", "UCT", "Zulu", "Universal"].includes(name) ? "UTC" : name };
}

class DateTimeFormat {
  #set;
  #format;
  constructor(locales, given, defaults = "date") {
    const options = optionsOf(given);
    const locale = resolveLocale(locales);
    const data = dataOf(locale);
    const set = { locale: locale.tag, calendar: "gregory", numberingSystem: "latn" };
    const zone = zoneOf(options.timeZone);
    set.timeZone = zone.name;
    const fields = {};
    const take = (name, allowed) => { const value = pick(options, name, allowed); if (value !== undefined) fields[name] = value; };
    take("weekday", textWidths); take("era", textWidths); take("year", numberWidths); take("month", [...numberWidths, ...textWidths]); take("day", numberWidths);
    take("dayPeriod", textWidths); take("hour", numberWidths); take("minute", numberWidths); take("second", numberWidths);
    const fraction = count(options, "fractionalSecondDigits", 1, 3);
    if (fraction !== undefined) fields.fractionalSecondDigits = fraction;
    take("timeZoneName", ["short", "long", "shortOffset", "longOffset", "shortGeneric", "longGeneric"]);
    const styles = ["full", "long", "medium", "short"];
    const [dateStyle, timeStyle] = [pick(options, "dateStyle", styles), pick(options, "timeStyle", styles)];
    if (dateStyle || timeStyle) {
      const [clash] = Object.keys(fields);
      if (clash) throw new TypeError(`Can't set option ${clash} when ${dateStyle ? "dateStyle" : "timeStyle"} is used`);
      if ((timeStyle && defaults === "onlyDate") || (dateStyle && defaults === "onlyTime")) throw new TypeError(`Invalid option : ${timeStyle ? "timeStyle" : "dateStyle"}`);
    } else {
      const days = ["weekday", "year", "month", "day"].some((name) => name in fields);
      const times = ["dayPeriod", "hour", "minute", "second", "fractionalSecondDigits"].some((name) => name in fields);
      const needed = defaults === "onlyDate" ? !days : defaults === "onlyTime" ? !times : !days && !times;
      if (needed && defaults !== "onlyTime") Object.assign(fields, { year: "numeric", month: "numeric", day: "numeric" });
      if (needed && (defaults === "onlyTime" || defaults === "both")) Object.assign(fields, { hour: "numeric", minute: "numeric", second: "numeric" });
    }
    const cycle = this.#cycle(options, locale, data.date);
    let pattern = dateStyle || timeStyle ? stylePattern(data.date, dateStyle, timeStyle, cycle) : patternFor(data.date, wantedFields(fields, cycle), fraction, data.number.decimal);
    // The part of the day takes the place of AM and PM, or stands alone.
    const part = "B".repeat({ short: 1, long: 4, narrow: 5 }[fields.dayPeriod] ?? 0);
    if (part) pattern = Object.keys(fields).length === 1 ? part : pattern.replace(/'[^']*'|a+/g, (piece) => (piece[0] === "a" ? part : piece));
    const letter = { h12: "h", h23: "H", h11: "K", h24: "k" }[cycle];
    this.pieces = pattern.replace(/'[^']*'|[hHkK]+/g, (piece) => (piece[0] === "'" ? piece : letter.repeat(piece.length))).match(pieces);
    if (/[hHkK]/.test(pattern.replace(/'[^']*'/g, ""))) Object.assign(set, { hourCycle: cycle, hour12: cycle === "h12" || cycle === "h11" });
    Object.assign(set, fields, dateStyle && { dateStyle }, timeStyle && { timeStyle });
    if (fields.minute) set.minute = "2-digit";
    this.#set = set;
    for (const [name, value] of Object.entries({ data, zone, pieces: this.pieces, naming: fields.timeZoneName })) hiddenIn(this, name, value);
  }
  #cycle(options, locale, data) {
    const usual = { h: "h12", H: "h23", K: "h11", k: "h24" }[data.cycle];
    const asked = pick(options, "hourCycle", ["h11", "h12", "h23", "h24"], ["h11", "h12", "h23", "h24"].includes(locale.words.hc) ? locale.words.hc : undefined);
    if (options.hour12 === undefined) return asked ?? usual;
    return options.hour12 ? (data.cycle12 === "K" ? "h11" : "h12") : "h23";
  }
  get format() { return this.#format ??= (date) => joined(dateParts(this, date)); }
  formatToParts(date) { return dateParts(this, date); }
  formatRange(a, b) {
    const [from, to] = [this.format(a), this.format(b)];
    return from === to ? from : this.data.date.range.replace("{0}", from).replace("{1}", to).replaceAll("\u2009", " ");
  }
  formatRangeToParts(a, b) { return [{ type: "literal", value: this.formatRange(a, b), source: "shared" }]; }
  resolvedOptions() { return { ...this.#set }; }
}

function wantedFields(fields, cycle) {
  const out = {};
  const put = (kind, letter, value) => { if (value) out[kind] = letter.repeat(widthSizes[value]); };
  put("G", "G", fields.era); put("y", "y", fields.year); put("M", "M", fields.month); put("E", "E", fields.weekday); put("d", "d", fields.day);
  put("h", cycle === "h23" || cycle === "h24" ? "H" : "h", fields.hour); put("m", "m", fields.minute); put("s", "s", fields.second);
  if (fields.fractionalSecondDigits && !fields.second) out.s = "s";
  if (fields.timeZoneName) out.z = /^long/.test(fields.timeZoneName) ? "zzzz" : "z";
  return out;
}

function stylePattern(data, dateStyle, timeStyle, cycle) {
  let time = timeStyle && data.time[timeStyle];
  if (time) {
    const twelve = cycle === "h12" || cycle === "h11";
    if (twelve !== /[hK]/.test(time)) {
      const wanted = skeletonOf(fieldsOf(time));
      wanted.h = twelve ? "h" : wanted.h.length > 1 || data.cycle !== "H" ? "HH" : "H";
      time = patternFor(data, wanted);
    }
  }
  if (!dateStyle) return time;
  if (!timeStyle) return data.date[dateStyle];
  return data.at[dateStyle].replace("{1}", () => data.date[dateStyle]).replace("{0}", () => time);
}

function offsetOf(zone, time) {
  if (zone.seconds !== undefined) return [zone.seconds, 0];
  return zone.name === "UTC" ? [0, 0] : more.zoneOffset(zone.name, time) ?? [0, 0];
}

function offsetName(zone, seconds, long, always) {
  const minutes = Math.trunc(Math.abs(seconds) / 60);
  if (minutes === 0 && !always) return zone.zero;
  const [east, west] = zone.hours.split(";");
  const [hours, rest] = [Math.trunc(minutes / 60), minutes % 60];
  let text = (seconds < 0 ? west : east).replace("HH", long ? String(hours).padStart(2, "0") : String(hours)).replace(/\bH\b/, long ? String(hours).padStart(2, "0") : String(hours)).replace("mm", String(rest).padStart(2, "0"));
  if (!long && rest === 0) text = text.replace(/[^\d]00$/, "");
  return zone.gmt.replace("{0}", text);
}

// The name of a zone at a time: its own where the language has one, else its distance from Greenwich.
function zoneName(format, naming, seconds, summer) {
  const { zone } = format.data;
  const width = /^long/.test(naming) ? "long" : "short";
  if (/Offset$/.test(naming)) return offsetName(zone, seconds, width === "long", true);
  const { name } = format.zone;
  if (name === "UTC") return width === "short" ? "UTC" : zone.utc ?? "UTC";
  zoneData.names ??= JSON.parse(more.localeText("zones"));
  const own = { "Europe/London": zone.london, "Europe/Dublin": zone.dublin }[name]?.[width]?.daylight;
  if (summer && own && !/Generic$/.test(naming)) return own;
  const found = zone.names[zoneData.names.names[zoneData.names.zones[name]]]?.[width];
  return found?.[/Generic$/.test(naming) ? 2 : summer ? 1 : 0] || offsetName(zone, seconds, width === "long");
}

const partNames = { G: "era", y: "year", M: "month", L: "month", E: "weekday", c: "weekday", d: "day", h: "hour", H: "hour", k: "hour", K: "hour", m: "minute", s: "second", S: "fractionalSecond", a: "dayPeriod", B: "dayPeriod", z: "timeZoneName", v: "timeZoneName", O: "timeZoneName" };
const digits = (value, size) => (size === 2 ? String(value % 100).padStart(2, "0") : String(value).padStart(size, "0"));
const byWidth = (table, at, size) => table[size >= 5 ? "narrow" : size === 4 ? "wide" : "short"][at];

function dateParts(format, given) {
  const time = given === undefined ? Date.now() : Number(given);
  if (!Number.isFinite(time) || Math.abs(time) > 8.64e15) throw new RangeError("Invalid time value");
  const [seconds, summer] = offsetOf(format.zone, time);
  const date = new Date(time + seconds * 1000);
  const names = format.data.date;
  const out = [];
  for (const piece of format.pieces) {
    if (!/^[A-Za-z]/.test(piece)) {
      const value = piece[0] === "'" ? (piece === "''" ? "'" : piece.slice(1, -1).replaceAll("''", "'")) : piece;
      if (out.at(-1)?.type === "literal") out.at(-1).value += value; else out.push({ type: "literal", value });
      continue;
    }
    const value = fieldText(piece, date, names) ?? zoneName(format, format.naming ?? (piece.length === 4 ? "long" : "short"), seconds, summer);
    out.push({ type: partNames[piece[0]], value });
  }
  // The narrow space before AM and PM breaks more programs than it pleases readers: engines write a plain one.
  for (const part of out) part.value = part.value.replaceAll("\u202f", " ");
  return out;
}

function fieldText(piece, date, names) {
  const [letter, size] = [piece[0], piece.length];
  const hour = date.getUTCHours();
  switch (letter) {
    case "G": return byWidth(names.eras, date.getUTCFullYear() > 0 ? 1 : 0, size);
    case "y": { const year = date.getUTCFullYear(); return digits(year > 0 ? year : 1 - year, size); }
    case "M": return size < 3 ? digits(date.getUTCMonth() + 1, size) : byWidth(names.months, date.getUTCMonth(), size);
    case "L": return size < 3 ? digits(date.getUTCMonth() + 1, size) : byWidth(names.monthsAlone, date.getUTCMonth(), size);
    case "E": return byWidth(names.days, date.getUTCDay(), size);
    case "c": return byWidth(names.daysAlone, date.getUTCDay(), size);
    case "d": return digits(date.getUTCDate(), size);
    case "h": return digits(hour % 12 || 12, size);
    case "H": return digits(hour, size);
    case "K": return digits(hour % 12, size);
    case "k": return digits(hour || 24, size);
    case "m": return digits(date.getUTCMinutes(), size);
    case "s": return digits(date.getUTCSeconds(), size);
    case "S": return String(date.getUTCMilliseconds()).padStart(3, "0").slice(0, size);
    case "B": {
      const part = names.parts.find(([from, before]) => (from < before ? hour >= from && hour < before : hour >= from || hour < before));
      return part ? part[size >= 5 ? 4 : size === 4 ? 2 : 3] : byWidth(names.periods, hour < 12 ? 0 : 1, size);
    }
    case "a": return byWidth(names.periods, hour < 12 ? 0 : 1, size);
    default: return undefined;
  }
}

const IntlDateTimeFormat = callable(DateTimeFormat, "DateTimeFormat");
for (const [name, defaults] of Object.entries({ toLocaleString: "both", toLocaleDateString: "onlyDate", toLocaleTimeString: "onlyTime" })) {
  methods.Date[name] = function (locales, options) {
    return Number.isNaN(this.getTime()) ? "Invalid Date" : cached(DateTimeFormat, locales, options, defaults).format(this);
  };
}
