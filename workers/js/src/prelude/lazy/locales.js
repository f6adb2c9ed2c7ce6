// Which language and region is meant, and what is known about it. One file of patterns a language, read at first use.
const { hiddenIn } = common;
const methods = { Number: {}, BigInt: {}, Array: {}, String: {}, Date: {} };
const more = common.host.more();
const known = ["en", "cs", "da", "de", "es", "fi", "fr", "it", "ja", "ko", "nb", "nl", "pl", "pt", "ru", "sv", "tr", "uk", "zh"];
const aliases = { no: "nb", iw: "he" };
const languages = new Map();
const merged = new Map();
const shape = /^([a-z]{2,3}|[a-z]{5,8})(?:-([a-z]{4}))?(?:-([a-z]{2}|\d{3}))?((?:-(?:[a-z\d]{5,8}|\d[a-z\d]{3}))*)((?:-[a-wy-z\d](?:-[a-z\d]{2,8})+)*)(?:-x(?:-[a-z\d]{1,8})+)?$/i;

function parseTag(tag) {
  if (typeof tag !== "string" && (typeof tag !== "object" || tag === null)) throw new TypeError("a locale is a text such as \"en-US\"");
  const found = shape.exec(String(tag));
  if (!found) throw new RangeError(`Incorrect locale information provided: ${JSON.stringify(String(tag))} is no locale such as "en-US"`);
  const [, language, script, region, , extension] = found;
  const words = {};
  let key;
  for (const word of /-u-(.*)/i.exec(extension)?.[1].toLowerCase().split("-") ?? []) { if (word.length === 2) words[key = word] = ""; else words[key] = words[key] ? `${words[key]}-${word}` : word; }
  const parts = [language.toLowerCase(), script && script[0].toUpperCase() + script.slice(1).toLowerCase(), region?.toUpperCase()];
  return { language: aliases[parts[0]] ?? parts[0], script: parts[1], region: parts[2], words, tag: parts.filter(Boolean).join("-"), extension: extension.toLowerCase() };
}

const asList = (locales) => (locales === undefined ? [] : Array.isArray(locales) ? locales : typeof locales === "object" && locales !== null && Symbol.iterator in locales ? [...locales] : [locales]);
const canonical = (locales) => [...new Set(asList(locales).map((tag) => { const one = parseTag(tag); return one.tag + one.extension; }))];

// The first locale that is known, or en-US.
function resolveLocale(locales) {
  const list = asList(locales).map(parseTag);
  return list.find((one) => known.includes(one.language)) ?? { ...parseTag("en-US") };
}

function regionOf({ language, script, region }, data) {
  if (language === "zh") return script === "Hant" || ["TW", "HK", "MO"].includes(region) ? (region === "HK" || region === "MO" ? "Hant-HK" : "Hant") : undefined;
  if (region === undefined || region === data.region || region in data.regions) return region;
  if (language === "en") return ["PR", "GU", "VI", "AS", "MP", "UM", "PH"].includes(region) ? undefined : "GB";
  if (language === "es") return ["419", "BO", "BR", "BZ", "CR", "CU", "DO", "EC", "GT", "HN", "NI", "PA", "PE", "PR", "PY", "SV", "UY", "VE"].includes(region) ? "MX" : undefined;
  return language === "pt" ? "PT" : undefined;
}

function overlay(base, changes) {
  if (changes === undefined) return base;
  if (changes === null || typeof changes !== "object" || Array.isArray(changes) || base === null || typeof base !== "object") return changes;
  const out = { ...base };
  for (const [key, value] of Object.entries(changes)) if (value === null) delete out[key]; else out[key] = overlay(base[key], value);
  return out;
}

// Patterns and names of a resolved locale.
function dataOf(locale) {
  const { language } = locale;
  if (!languages.has(language)) languages.set(language, JSON.parse(more.localeText(language)));
  const data = languages.get(language);
  const region = regionOf(locale, data);
  const key = `${language}-${region}`;
  if (!merged.has(key)) merged.set(key, overlay(data, data.regions[region]));
  return merged.get(key);
}

const plurals = (locale, ordinal, text) => more.plural(locale.tag, ordinal, text);

function pick(options, name, allowed, otherwise) {
  const value = options[name];
  if (value === undefined) return otherwise;
  const text = String(value);
  if (allowed && !allowed.includes(text)) throw new RangeError(`Value ${text} out of range for Intl options property ${name}; there is ${allowed.join(", ")}`);
  return text;
}

function optionsOf(options) {
  if (options === undefined) return {};
  if (options === null) throw new TypeError("options are an object, not null");
  return Object(options);
}

const joined = (parts) => { let text = ""; for (const part of parts) text += part.value; return text; };

// Formatters that methods such as toLocaleString make, kept by what they were made of.
const kept = new Map();
function cached(Kind, locales, options, extra) {
  const key = `${Kind.name} ${extra ?? ""} ${locales === undefined ? "" : asList(locales).join()} ${options === undefined ? "" : JSON.stringify(options)}`;
  let made = kept.get(key);
  if (!made) {
    if (kept.size >= 100) kept.clear();
    kept.set(key, made = extra === undefined ? new Kind(locales, options) : new Kind(locales, options, extra));
  }
  return made;
}

// A class of Intl may be called without `new`, as in the language.
function callable(Kind, name, callWithoutNew = true) {
  const made = function (locales, options) {
    if (new.target === undefined && !callWithoutNew) throw new TypeError(`Constructor Intl.${name} requires 'new'`);
    return new.target === undefined || new.target === made ? new Kind(locales, options) : Reflect.construct(Kind, [locales, options], new.target);
  };
  hiddenIn(made, "supportedLocalesOf", (locales) => canonical(locales).filter((tag) => known.includes(parseTag(tag).language)));
  Object.defineProperties(made, { name: { value: name, configurable: true }, length: { value: 0, configurable: true }, prototype: { value: Kind.prototype, writable: false } });
  hiddenIn(Kind.prototype, "constructor", made);
  Object.defineProperty(Kind.prototype, Symbol.toStringTag, { value: `Intl.${name}`, configurable: true });
  return made;
}
