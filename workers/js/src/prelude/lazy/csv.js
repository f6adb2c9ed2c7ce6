// outboard:csv and outboard:jsonl: tables and lines of JSON, as tools and files hand them over.
// It uses nothing of the worker, so that every engine can run it.
const pickOption = (options, ...names) => { for (const name of names) if (options[name] !== undefined) return options[name]; return undefined; };

// The cells of each row; quotes as in RFC 4180, any line ending.
function rowsOf(text, delimiter, quote) {
  const rows = [];
  let row = [];
  let at = 0;
  const end = text.length;
  while (at <= end) {
    let cell = "";
    if (text[at] === quote) {
      for (at++; ; at++) {
        const close = text.indexOf(quote, at);
        if (close < 0) throw new SyntaxError(`CSV: the quote in row ${rows.length + 1} is never closed`);
        cell += text.slice(at, close);
        at = close + 1;
        if (text[at] !== quote) break;
        cell += quote;
      }
    }
    let stop = at;
    while (stop < end && text[stop] !== "\n" && text[stop] !== "\r" && !text.startsWith(delimiter, stop)) stop++;
    row.push(cell + text.slice(at, stop));
    if (stop < end && text.startsWith(delimiter, stop)) { at = stop + delimiter.length; continue; }
    rows.push(row);
    row = [];
    if (stop >= end) break;
    at = stop + (text[stop] === "\r" && text[stop + 1] === "\n" ? 2 : 1);
    if (at >= end) break;
  }
  return rows;
}

function typed(text) {
  if (text === "true" || text === "false") return text === "true";
  return /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i.test(text) && String(Number(text)).length < 17 ? Number(text) : text;
}

// Rows as objects by the names in the first row; `{ columns: false }` gives arrays, a list of names means there is no first row.
function parse(text, options = {}) {
  const delimiter = pickOption(options, "delimiter", "separator") ?? ",";
  if (typeof delimiter !== "string" || delimiter === "") throw new TypeError("CSV: the delimiter is a text such as \";\"");
  let rows = rowsOf(String(text).replace(/^\uFEFF/, ""), delimiter, options.quote ?? "\"");
  const comment = pickOption(options, "comment", "comments");
  if (typeof comment === "string") rows = rows.filter((row) => !row[0].startsWith(comment));
  if (pickOption(options, "skipEmptyLines", "skip_empty_lines") ?? true) rows = rows.filter((row) => row.length > 1 || row[0].trim() !== "");
  if (options.trim) rows = rows.map((row) => row.map((cell) => cell.trim()));
  const columns = pickOption(options, "columns", "header", "headers") ?? true;
  const cast = pickOption(options, "cast", "dynamicTyping");
  const value = typeof cast === "function" ? cast : cast ? typed : (cell) => cell;
  if (columns === false) return rows.map((row) => row.map((cell) => value(cell)));
  const names = Array.isArray(columns) ? columns : rows.shift() ?? [];
  return rows.map((row) => Object.fromEntries(names.map((name, at) => [name, value(row[at] ?? "", name)])));
}

function cellText(value) {
  if (value === null || value === undefined) return "";
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "" : value.toISOString();
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

// Objects or arrays as CSV text; the columns are those of all rows, in the order in which they first occur.
function stringify(rows, options = {}) {
  const list = Array.from(rows);
  const delimiter = pickOption(options, "delimiter", "separator") ?? ",";
  const line = pickOption(options, "newline", "record_delimiter") ?? "\n";
  const quoted = (value) => {
    const text = cellText(value);
    return text.includes(delimiter) || /["\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll("\"", "\"\"")}"` : text;
  };
  const arrays = list.length > 0 && list.every(Array.isArray);
  const asked = options.columns;
  const given = Array.isArray(asked) ? asked.map((one) => (typeof one === "object" ? [one.key, one.header ?? one.key] : [one, one])) : asked && typeof asked === "object" ? Object.entries(asked) : undefined;
  const names = given ?? (arrays ? undefined : [...new Set(list.flatMap((row) => Object.keys(row ?? {})))].map((name) => [name, name]));
  const out = list.map((row) => (arrays ? row : names.map(([name]) => row?.[name])).map(quoted).join(delimiter));
  const header = options.header ?? (!arrays || given !== undefined);
  if (header && names) out.unshift(names.map(([, title]) => quoted(title)).join(delimiter));
  return out.length ? out.join(line) + line : "";
}

// JSON, a value a line; `{ skipInvalid: true }` leaves out lines that are none.
function parseLines(text, options = {}) {
  const out = [];
  String(text).replace(/^\uFEFF/, "").split(/\r?\n/).forEach((line, at) => {
    if (line.trim() === "") return;
    try { out.push(JSON.parse(line)); } catch (error) {
      if (!options.skipInvalid) throw new SyntaxError(`line ${at + 1} is not JSON: ${error.message}; it starts with ${JSON.stringify(line.slice(0, 60))}`);
    }
  });
  return out;
}

const stringifyLines = (values) => Array.from(values, (value) => `${JSON.stringify(value ?? null)}\n`).join("");
return { modules: { "outboard:csv": { parse, stringify }, "outboard:jsonl": { parse: parseLines, stringify: stringifyLines } } };
