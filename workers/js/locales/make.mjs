// Makes the locale files of this folder from the CLDR packages of npm:
//   npm pack cldr-core@48 cldr-numbers-full@48 cldr-dates-full@48 cldr-misc-full@48 cldr-units-full@48   (unpacked side by side)
//   node make.mjs FOLDER
// A file holds a language; regions hold only what differs from it.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const source = process.argv[2];
const here = dirname(fileURLToPath(import.meta.url));
const read = (path) => JSON.parse(readFileSync(join(source, path), "utf8"));

const languages = {
  en: { region: "US", regions: ["GB", "AU", "CA", "IN", "IE", "NZ", "ZA", "SG"] }, de: { region: "DE", regions: ["AT", "CH"] },
  fr: { region: "FR", regions: ["BE", "CA", "CH"] }, es: { region: "ES", regions: ["MX", "US", "AR", "CL", "CO"] },
  it: { region: "IT", regions: ["CH"] }, pt: { region: "BR", regions: ["PT"] }, nl: { region: "NL", regions: ["BE"] },
  ja: { region: "JP", regions: [] }, zh: { region: "CN", regions: ["Hant", "Hant-HK"] }, ko: { region: "KR", regions: [] },
  sv: { region: "SE", regions: [] }, da: { region: "DK", regions: [] }, nb: { region: "NO", regions: [] }, fi: { region: "FI", regions: [] },
  pl: { region: "PL", regions: [] }, cs: { region: "CZ", regions: [] }, tr: { region: "TR", regions: [] }, ru: { region: "RU", regions: [] }, uk: { region: "UA", regions: [] },
};
const currencies = "USD EUR GBP JPY CNY INR KRW BRL CAD AUD MXN CHF SEK NOK DKK PLN CZK HUF RON BGN RUB UAH TRY ZAR ILS AED SAR EGP SGD HKD TWD THB IDR MYR PHP VND NZD ARS CLP COP PEN NGN KES PKR".split(" ");
const units = "acre bit byte celsius centimeter day degree fahrenheit fluid-ounce foot gallon gigabit gigabyte gram hectare hour inch kilobit kilobyte kilogram kilometer liter megabit megabyte meter microsecond mile mile-scandinavian milliliter millimeter millisecond minute month nanosecond ounce percent petabyte pound second stone terabit terabyte week yard year kilometer-per-hour mile-per-hour meter-per-second liter-per-kilometer mile-per-gallon".split(" ");
const metazones = "America_Eastern America_Central America_Mountain America_Pacific Alaska Hawaii_Aleutian Hawaii Atlantic Newfoundland Brasilia Argentina Chile Colombia Peru Mexico_Pacific GMT Europe_Western Europe_Central Europe_Eastern Moscow Turkey Israel Arabian Gulf Iran Pakistan India Nepal Bangladesh Indochina Indonesia_Western China Hong_Kong Taipei Singapore Philippines Japan Korea Australia_Eastern Australia_Central Australia_Western New_Zealand Africa_Southern Africa_Eastern Africa_Western Africa_Central".split(" ");
const widths = { wide: "wide", abbreviated: "short", narrow: "narrow" };

const plain = (key) => !/-alt-|-count-.*-alt/.test(key);

// "1000-count-one": "0K" as { 3: { one: "0K" } }: powers of ten.
function compact(table, key = "standard") {
  const out = {};
  for (const [name, pattern] of Object.entries(table ?? {})) {
    const found = /^(1(0+))-count-(\w+)$/.exec(name);
    if (found) (out[found[2].length] ??= {})[found[3]] = pattern;
  }
  return out;
}
function compactCurrency(table) {
  const out = {};
  for (const [name, pattern] of Object.entries(table ?? {})) {
    const found = /^(1(0+))-count-(\w+)$/.exec(name);
    if (!found) continue;
    (out[found[2].length] ??= {})[found[3]] = pattern;
    const wide = table[`${name}-alt-alphaNextToNumber`];
    if (wide) (out[found[2].length][`${found[3]}+`] = wide);
  }
  return out;
}
function counted(entry, prefix) {
  return Object.fromEntries(Object.entries(entry ?? {}).filter(([key]) => key.startsWith(prefix) && plain(key)).map(([key, text]) => [key.slice(prefix.length), text]));
}

function numbers(tag) {
  const all = read(`cldr-numbers-full/main/${tag}/numbers.json`).main[tag].numbers;
  const [symbols, decimal, percent, money] = ["symbols", "decimalFormats", "percentFormats", "currencyFormats"].map((name) => all[`${name}-numberSystem-latn`]);
  const names = read(`cldr-numbers-full/main/${tag}/currencies.json`).main[tag].numbers.currencies;
  const moneys = {};
  for (const code of currencies) {
    const one = names[code] ?? {};
    moneys[code] = { s: one.symbol ?? code, n: one["symbol-alt-narrow"] ?? one.symbol ?? code, ...counted(one, "displayName-count-") };
  }
  return {
    decimal: symbols.decimal, group: symbols.group, minus: symbols.minusSign, plus: symbols.plusSign, percent: symbols.percentSign, nan: symbols.nan,
    infinity: symbols.infinity, exponent: symbols.exponential, least: Number(all.minimumGroupingDigits), moneyDecimal: symbols.currencyDecimal, moneyGroup: symbols.currencyGroup,
    patterns: {
      decimal: decimal.standard, percent: percent.standard, currency: money.standard, accounting: money.accounting,
      "currency+": money["standard-alphaNextToNumber"], "accounting+": money["accounting-alphaNextToNumber"],
      ...Object.fromEntries(Object.entries(money).filter(([key]) => key.startsWith("unitPattern-count-")).map(([key, text]) => [key.slice(18), text])),
    },
    short: compact(decimal.short.decimalFormat), long: compact(decimal.long.decimalFormat), moneyShort: compactCurrency(money.short?.standard),
    moneys,
  };
}

function unitsOf(tag) {
  const all = read(`cldr-units-full/main/${tag}/units.json`).main[tag].units;
  const out = {};
  for (const width of ["long", "short", "narrow"]) {
    out[width] = { per: all[width].per.compoundUnitPattern };
    for (const unit of units) {
      const key = Object.keys(all[width]).find((name) => name.replace(/^[a-z0-9]+?-/, "") === unit && name !== unit) ?? unit;
      const entry = all[width][key];
      out[width][unit] = { ...counted(entry, "unitPattern-count-"), ...(entry?.perUnitPattern ? { per: entry.perUnitPattern } : {}) };
    }
  }
  return out;
}

function named(table) {
  return Object.fromEntries(Object.entries(widths).map(([from, to]) => [to, Object.values(table[from])]));
}

function partsOfDay(language, names) {
  const rules = read("cldr-core/supplemental/dayPeriods.json").supplemental.dayPeriodRuleSet[language] ?? {};
  return Object.entries(rules).filter(([, rule]) => rule._from).map(([name, rule]) => [Number.parseInt(rule._from, 10), Number.parseInt(rule._before, 10), names.wide[name], names.abbreviated[name], names.narrow[name]]);
}

function dates(tag, region) {
  const all = read(`cldr-dates-full/main/${tag}/ca-gregorian.json`).main[tag].dates.calendars.gregorian;
  const times = read("cldr-core/supplemental/timeData.json").supplemental.timeData;
  const part = (table) => Object.fromEntries(["full", "long", "medium", "short"].map((style) => [style, (table[style]._value ?? table[style])]));
  const periods = (table) => Object.fromEntries(Object.entries(widths).map(([from, to]) => [to, [table[from].am, table[from].pm]]));
  const eras = { wide: "eraNames", short: "eraAbbr", narrow: "eraNarrow" };
  const available = Object.fromEntries(Object.entries(all.dateTimeFormats.availableFormats)
    .filter(([key]) => plain(key) && !/[BQwW]|-count-/.test(key)).map(([key, text]) => [key, text]));
  const language = tag.split("-")[0];
  return {
    cycle: (times[`${language}-${region}`] ?? times[`${language}_${region}`] ?? times[region] ?? times["001"])._preferred.replace(/[bB]$/, ""), cycle12: /K/.test((times[`${language}_${region}`] ?? times[region] ?? times["001"])._allowed) ? "K" : "h",
    months: named(all.months.format), monthsAlone: named(all.months["stand-alone"]), days: named(all.days.format), daysAlone: named(all.days["stand-alone"]),
    periods: periods(all.dayPeriods.format), eras: Object.fromEntries(Object.entries(eras).map(([to, from]) => [to, [all.eras[from]["0"], all.eras[from]["1"]]])),
    date: part(all.dateFormats), time: part(all.timeFormats), both: part(all.dateTimeFormats), at: part(all["dateTimeFormats-atTime"].standard ?? all["dateTimeFormats-atTime"]),
    // When the parts of the day begin, in hours, with their names: for the few patterns that say "in the morning".
    parts: partsOfDay(language, all.dayPeriods.format), available, zoneAfter: all.dateTimeFormats.appendItems.Timezone, eraAfter: all.dateTimeFormats.appendItems.Era, dayAfter: all.dateTimeFormats.appendItems["Day-Of-Week"],
    range: all.dateTimeFormats.intervalFormats.intervalFormatFallback,
  };
}

function zones(tag) {
  const all = read(`cldr-dates-full/main/${tag}/timeZoneNames.json`).main[tag].dates.timeZoneNames;
  const names = (entry, width) => (entry?.[width] ? [entry[width].standard ?? "", entry[width].daylight ?? "", entry[width].generic ?? ""] : []);
  const table = {};
  for (const zone of metazones) {
    const entry = all.metazone[zone];
    if (entry) table[zone] = { long: names(entry, "long"), short: names(entry, "short").map((name) => (name === "∅∅∅" ? "" : name)) };
  }
  return { gmt: all.gmtFormat, zero: all.gmtZeroFormat, hours: all.hourFormat, names: table, utc: all.zone?.Etc?.UTC?.long?.standard, london: all.zone?.Europe?.London, dublin: all.zone?.Europe?.Dublin };
}

function relative(tag) {
  const all = read(`cldr-dates-full/main/${tag}/dateFields.json`).main[tag].dates.fields;
  const out = {};
  for (const unit of ["year", "quarter", "month", "week", "day", "hour", "minute", "second"]) {
    for (const [from, width] of [[unit, "long"], [`${unit}-short`, "short"], [`${unit}-narrow`, "narrow"]]) {
      const entry = all[from];
      const words = Object.fromEntries(Object.entries(entry).filter(([key]) => key.startsWith("relative-type-")).map(([key, text]) => [key.slice(14), text]));
      (out[width] ??= {})[unit] = { words, past: counted(entry["relativeTime-type-past"], "relativeTimePattern-count-"), future: counted(entry["relativeTime-type-future"], "relativeTimePattern-count-") };
    }
  }
  return out;
}

function lists(tag) {
  const all = read(`cldr-misc-full/main/${tag}/listPatterns.json`).main[tag].listPatterns;
  return Object.fromEntries([["conjunction", "standard"], ["disjunction", "or"], ["unit", "unit"]].map(([type, key]) => [type,
    Object.fromEntries([["long", ""], ["short", "-short"], ["narrow", "-narrow"]].map(([width, end]) => [width, all[`listPattern-type-${key}${end}`]]))]));
}

const localeOf = (tag, region) => ({ number: numbers(tag), unit: unitsOf(tag), date: dates(tag, region), zone: zones(tag), relative: relative(tag), list: lists(tag) });

// What of `b` differs from `a`.
function difference(a, b) {
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object" || Array.isArray(b)) return JSON.stringify(a) === JSON.stringify(b) ? undefined : b;
  const out = {};
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const changed = key in b ? difference(a[key], b[key]) : null;
    if (changed !== undefined) out[key] = changed;
  }
  return Object.keys(out).length ? out : undefined;
}

for (const [language, { region, regions }] of Object.entries(languages)) {
  const base = localeOf(language, region);
  const out = { ...base, region, regions: {} };
  for (const one of regions) out.regions[one] = difference(base, localeOf(`${language}-${one}`, one === "Hant" ? "TW" : one.split("-").at(-1))) ?? {};
  writeFileSync(join(here, `${language}.json`), JSON.stringify(out));
}

const times = read("cldr-core/supplemental/metaZones.json").supplemental.metaZones.metazoneInfo.timezone;
const table = {};
(function walk(node, path) {
  if (Array.isArray(node)) {
    const name = node.at(-1).usesMetazone._mzone;
    if (metazones.includes(name) && !node.at(-1).usesMetazone._to) table[path.join("/")] = metazones.indexOf(name);
    return;
  }
  for (const [key, value] of Object.entries(node)) walk(value, [...path, key]);
})(times, []);
// Names that CLDR keeps in their old writing.
const renamed = {
  "Asia/Kolkata": "Asia/Calcutta", "Asia/Kathmandu": "Asia/Katmandu", "Asia/Ho_Chi_Minh": "Asia/Saigon", "Europe/Kyiv": "Europe/Kiev", "America/Argentina/Buenos_Aires": "America/Buenos_Aires",
  "America/Indiana/Indianapolis": "America/Indianapolis", "America/Kentucky/Louisville": "America/Louisville", "US/Eastern": "America/New_York", "US/Central": "America/Chicago", "US/Mountain": "America/Denver", "US/Pacific": "America/Los_Angeles",
};
for (const [name, old] of Object.entries(renamed)) if (old in table) table[name] = table[old];
writeFileSync(join(here, "zones.json"), JSON.stringify({ names: metazones, zones: table }));
