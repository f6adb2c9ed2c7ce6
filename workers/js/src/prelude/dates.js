// Dates in the form of en-US (day first for en-GB), in UTC or the jail's own zone.
const monthNames = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const dayNames = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const dateStyles = {
  full: { weekday: "long", year: "numeric", month: "long", day: "numeric" }, long: { year: "numeric", month: "long", day: "numeric" },
  medium: { year: "numeric", month: "short", day: "numeric" }, short: { year: "2-digit", month: "numeric", day: "numeric" },
};
const timeStyles = {
  full: { hour: "numeric", minute: "2-digit", second: "2-digit" }, long: { hour: "numeric", minute: "2-digit", second: "2-digit" },
  medium: { hour: "numeric", minute: "2-digit", second: "2-digit" }, short: { hour: "numeric", minute: "2-digit" },
};
const dateKeys = ["weekday", "year", "month", "day"];
const timeKeys = ["hour", "minute", "second"];

function dateParts(date, zone) {
  if (zone !== undefined && !/^(UTC|GMT|Etc\/UTC|Z)$/i.test(zone)) {
    throw new RangeError(`The time zone "${zone}" is not available here: there is UTC. Add the offset yourself.`);
  }
  return {
    year: date.getUTCFullYear(), month: date.getUTCMonth(), day: date.getUTCDate(), weekday: date.getUTCDay(),
    hour: date.getUTCHours(), minute: date.getUTCMinutes(), second: date.getUTCSeconds(),
  };
}

const two = (value) => String(value).padStart(2, "0");

function dateText(parts, o, british) {
  const weekday = o.weekday && (o.weekday === "long" ? dayNames[parts.weekday] : dayNames[parts.weekday].slice(0, 3));
  const year = o.year && (o.year === "2-digit" ? two(parts.year % 100) : String(parts.year));
  const day = o.day && (o.day === "2-digit" ? two(parts.day) : String(parts.day));
  if (o.month === "long" || o.month === "short") {
    const month = o.month === "long" ? monthNames[parts.month] : monthNames[parts.month].slice(0, 3);
    if (british) return [weekday && `${weekday}${day ? "," : ""}`, day, month, year].filter(Boolean).join(" ");
    const monthDay = [month, day].filter(Boolean).join(" ");
    return [weekday, day && year ? `${monthDay}, ${year}` : [monthDay, year].filter(Boolean).join(" ")].filter(Boolean).join(", ");
  }
  const month = o.month && (o.month === "2-digit" || british ? two(parts.month + 1) : String(parts.month + 1));
  const order = british ? [day && two(parts.day), month, year] : [month, day, year];
  return [weekday, order.filter(Boolean).join("/")].filter(Boolean).join(", ");
}

function timeText(parts, o, british) {
  const day = o.hour12 === false || o.hourCycle === "h23" || (british && o.hour12 === undefined);
  const hour = day ? parts.hour : parts.hour % 12 || 12;
  const list = [o.hour && (day || o.hour === "2-digit" ? two(hour) : String(hour)), o.minute && two(parts.minute), o.second && two(parts.second)].filter(Boolean);
  return list.join(":") + (o.hour && !day ? ` ${parts.hour < 12 ? "AM" : "PM"}` : "");
}

function formatDate(date, locales, options = {}, defaults = "date") {
  if (Number.isNaN(date.getTime())) return "Invalid Date";
  let o = { ...options };
  if (o.dateStyle || o.timeStyle) o = { ...o, ...dateStyles[o.dateStyle], ...timeStyles[o.timeStyle] };
  if (![...dateKeys, ...timeKeys].some((key) => o[key])) {
    if (defaults !== "time") Object.assign(o, { year: "numeric", month: "numeric", day: "numeric" });
    if (defaults !== "date") Object.assign(o, { hour: "numeric", minute: "2-digit", second: "2-digit" });
  }
  const british = /^en-(GB|AU|NZ|IE)/.test(String(locales ?? ""));
  const parts = dateParts(date, o.timeZone);
  const zone = o.timeZoneName || o.timeStyle === "full" || o.timeStyle === "long" ? " UTC" : "";
  const texts = [dateKeys.some((key) => o[key]) && dateText(parts, o, british), timeKeys.some((key) => o[key]) && timeText(parts, o, british)];
  const between = o.dateStyle === "full" || o.dateStyle === "long" ? " at " : ", ";
  return texts.filter(Boolean).join(between) + zone;
}

const dateMethods = { toLocaleString: "both", toLocaleDateString: "date", toLocaleTimeString: "time" };
for (const [name, defaults] of Object.entries(dateMethods)) {
  const value = function (locales, options) { return formatDate(this, locales, options, defaults); };
  Object.defineProperty(Date.prototype, name, { value, writable: true, configurable: true });
}
