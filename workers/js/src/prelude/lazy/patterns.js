// Which pattern of a language fits the fields that a program asks for: the method of ICU's pattern generator.
// A skeleton is the fields with their widths, such as yMMMd; the nearest known one is taken and adjusted.
const fieldOrder = ["G", "y", "M", "E", "d", "h", "m", "s", "z"];
const kinds = { G: "G", y: "y", M: "M", L: "M", E: "E", c: "E", e: "E", d: "d", h: "h", H: "h", k: "h", K: "h", m: "m", s: "s", z: "z", v: "z", O: "z", V: "z", a: "a", S: "S" };
const dateFields = ["G", "y", "M", "E", "d"];
const pieces = /'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']+/g;
const fieldsOf = (pattern) => pattern.match(pieces).filter((piece) => /^[A-Za-z]/.test(piece));

// How far two widths are from each other; text and number are far apart.
function rank(field) {
  const [letter, size] = [field[0], field.length];
  switch (kinds[letter]) {
    case "M": return (letter === "L" ? 16 : 0) + (size <= 2 ? 256 + size : size === 3 ? -259 : size === 4 ? -260 : -257);
    case "E": return (letter === "c" ? 32 : 0) + (size <= 3 ? -259 : size === 4 ? -260 : size === 5 ? -257 : -258);
    case "G": return size <= 3 ? -259 : size === 4 ? -260 : -257;
    case "z": return (letter === "v" ? -32 : letter === "O" ? -16 : 0) + (size <= 3 ? -259 : -260);
    case "h": return 256 + size + ({ H: 160, k: 176, K: 16 }[letter] ?? 0);
    default: return 256 + size;
  }
}

function skeletonOf(fields) {
  const out = {};
  for (const field of fields) if (kinds[field[0]] !== "a" && kinds[field[0]] !== "S") out[kinds[field[0]]] = field;
  return out;
}

// The known patterns of a language, in order: standard styles, single fields, then the listed ones.
const tables = new Map();
function tableOf(data) {
  let table = tables.get(data);
  if (table) return table;
  table = new Map();
  const put = (fields, pattern, listed) => { const skeleton = skeletonOf(fields); table.set(fieldOrder.map((kind) => skeleton[kind] ?? "").join(""), { skeleton, pattern, listed }); };
  for (const style of ["full", "long", "medium", "short"]) { put(fieldsOf(data.date[style]), data.date[style], false); put(fieldsOf(data.time[style]), data.time[style], false); }
  for (const letter of ["G", "y", "M", "E", "d", "H", "m", "s", "v"]) put([letter], letter, false);
  for (const [key, pattern] of Object.entries(data.available)) put(fieldsOf(key), pattern, true);
  tables.set(data, [...table.values()]);
  return tables.get(data);
}

function nearestPattern(data, wanted, only) {
  let best;
  let bestDistance = Infinity;
  for (const entry of tableOf(data)) {
    let distance = 0;
    const missing = [];
    for (const kind of fieldOrder) {
      const [mine, other] = [only.includes(kind) ? wanted[kind] : undefined, entry.skeleton[kind]];
      if (mine === other || (mine === undefined && other === undefined)) continue;
      if (mine === undefined) distance += 65536;
      else if (other === undefined) { distance += 4096; missing.push(kind); } else distance += Math.abs(rank(mine) - rank(other));
    }
    // A clock of twelve hours has a field of its own for the half of the day.
    if (only.includes("h") && wanted.h && entry.skeleton.h && isTwelve(wanted.h) !== isTwelve(entry.skeleton.h)) distance += isTwelve(wanted.h) ? 4096 : 65536;
    if (distance < bestDistance) [best, bestDistance] = [{ ...entry, missing }, distance];
  }
  return best;
}

const isTwelve = (field) => field[0] === "h" || field[0] === "K";
const isText = (field) => rank(field) < 0;

// Gives the fields of a pattern the widths that were asked for.
function adjusted(entry, wanted, fraction, point) {
  return entry.pattern.replace(pieces, (piece) => {
    const kind = /^[A-Za-z]/.test(piece) ? kinds[piece[0]] : undefined;
    const asked = wanted[kind];
    if (asked === undefined) return piece;
    let size = asked.length;
    if (kind === "E" && size < 3) size = 3;
    if (kind === "m" || kind === "s") size = piece.length;
    else if (entry.listed) {
      const own = entry.skeleton[kind];
      if (own !== undefined && (own.length === size || (isText(piece) !== isText(asked)))) size = piece.length;
    }
    const letter = kind === "h" || kind === "M" || kind === "E" || kind === "y" ? piece[0] : asked[0];
    const text = letter.repeat(size);
    return kind === "s" && fraction ? `${text}${point}${"S".repeat(fraction)}` : text;
  });
}

const appendKeys = { G: "eraAfter", E: "dayAfter", z: "zoneAfter" };

function appended(data, wanted, kindsWanted, fraction, point) {
  let entry = nearestPattern(data, wanted, kindsWanted);
  let text = adjusted(entry, wanted, fraction, point);
  while (entry.missing.length) {
    const missing = entry.missing;
    entry = nearestPattern(data, wanted, missing);
    const found = missing.filter((kind) => !entry.missing.includes(kind));
    if (!found.length) break;
    const frame = data[appendKeys[found.at(-1)]] ?? "{0} {1}";
    text = frame.replace("{0}", () => text).replace("{1}", () => adjusted(entry, wanted, fraction, point)).replace(/\s*\(\{2\}.*\)/, "");
  }
  return text;
}

// The pattern for the fields that are wanted, such as { y: "y", M: "MMM", d: "d" }.
function patternFor(data, wanted, fraction, point) {
  const all = fieldOrder.filter((kind) => wanted[kind] !== undefined);
  const whole = nearestPattern(data, wanted, all);
  if (whole.missing.length === 0) return adjusted(whole, wanted, fraction, point);
  const [days, times] = [all.filter((kind) => dateFields.includes(kind)), all.filter((kind) => !dateFields.includes(kind))];
  if (!days.length || !times.length) return appended(data, wanted, all, fraction, point);
  const style = (wanted.M?.length ?? 0) === 4 ? (wanted.E ? "full" : "long") : wanted.M?.length === 3 ? "medium" : "short";
  return data.at[style].replace("{1}", () => appended(data, wanted, days, fraction, point)).replace("{0}", () => appended(data, wanted, times, fraction, point));
}
