// fs and fs/promises over the files of the jail. Relative paths start at /; missing folders are made on writing.
function place(value) {
  const text = isUrl(value) ? decodeURIComponent(value.pathname) : String(value).replace(/^file:\/\//, "");
  const parts = segmentsOf(text);
  // A program's notes may go to /state as well: they are kept with the workspace.
  if (parts[0] === "state") parts.unshift("workspace");
  return `/${parts.join("/")}`;
}

function attempt(work) {
  try { return work(); } catch (error) {
    const code = /^(E[A-Z]+): /.exec(error?.message ?? "")?.[1];
    if (code) Object.assign(error, { code, path: /'([^']*)'$/.exec(error.message)?.[1] });
    throw error;
  }
}

host.list = (path) => JSON.parse(host.listText(path));
const encodingOf = (options) => (typeof options === "string" ? options : options?.encoding);

class Dirent {
  constructor(entry, folder) { Object.assign(this, { name: entry.name, parentPath: folder, path: folder }); Object.defineProperty(this, "kind", { value: entry.kind }); }
  isDirectory() { return this.kind === "folder"; }
  isFile() { return this.kind === "file"; }
  isSymbolicLink() { return false; }
}

function listTree(folder, prefix, options, out) {
  for (const entry of host.list(folder)) {
    out.push(options?.withFileTypes ? new Dirent(entry, folder) : prefix + entry.name);
    if (options?.recursive && entry.kind === "folder") listTree(`${folder === "/" ? "" : folder}/${entry.name}`, `${prefix}${entry.name}/`, options, out);
  }
  return out;
}

function statOf(path) {
  const { size, folder, mtimeMs } = JSON.parse(host.statText(path));
  const mtime = new Date(mtimeMs);
  return { size, mtimeMs, mtime, ctime: mtime, birthtime: mtime, isDirectory: () => folder, isFile: () => !folder, isSymbolicLink: () => false };
}

function writeData(path, data, options, append) {
  const flag = append || options?.flag === "a";
  if (typeof data === "string") return host.writeText(path, data.toWellFormed(), flag);
  if (data instanceof ArrayBuffer || ArrayBuffer.isView(data)) return host.writeBytes(path, plainBytes(data), flag);
  throw new TypeError(`writeFile takes text or bytes, not ${inspect(data, { depth: 0 })}: use JSON.stringify(data)`);
}

const syncFs = {
  // Text unless bytes are asked for: programs that forget the encoding mean text far more often than bytes.
  readFile(path, options) {
    const encoding = encodingOf(options);
    if (encoding === "buffer" || encoding === null) return use("buffer").wrapBytes(host.readBytes(place(path)));
    if (encoding === undefined || /^utf-?8$/i.test(encoding)) return host.readText(place(path));
    return use("buffer").encodeBytes(host.readBytes(place(path)), encoding);
  },
  writeFile: (path, data, options) => writeData(place(path), data, options, false),
  appendFile: (path, data, options) => writeData(place(path), data, options, true),
  readdir: (path, options) => listTree(place(path), "", options, []),
  mkdir(path, options) { host.change("mkdir", place(path), "", !!options?.recursive); },
  stat: (path) => statOf(place(path)),
  lstat: (path) => statOf(place(path)),
  access(path) { statOf(place(path)); },
  unlink(path) { host.change("unlink", place(path)); },
  rmdir(path, options) { host.change(options?.recursive ? "rm" : "rmdir", place(path)); },
  rm(path, options) {
    const at = place(path);
    const kind = host.kind(at);
    if (kind === "none" && options?.force) return;
    if (kind === "folder" && !options?.recursive) throw new Error(`EISDIR: is a directory; pass { recursive: true }, rm '${at}'`);
    host.change("rm", at);
  },
  rename(from, to) { host.change("rename", place(from), place(to)); },
  copyFile(from, to) { host.change("copy", place(from), place(to)); },
};

const fsPromises = {};
const fs = { existsSync: (path) => host.kind(place(path)) !== "none", promises: fsPromises, constants: { F_OK: 0, R_OK: 4, W_OK: 2 } };
for (const [name, work] of Object.entries(syncFs)) {
  fs[`${name}Sync`] = (...args) => attempt(() => work(...args));
  fsPromises[name] = async (...args) => attempt(() => work(...args));
  // Both styles under one name: a callback at the end, or a promise.
  fs[name] = (...args) => {
    const callback = args[args.length - 1];
    const promise = fsPromises[name](...(typeof callback === "function" ? args.slice(0, -1) : args));
    if (typeof callback !== "function") return promise;
    promise.then((value) => callback(null, value), (error) => callback(error));
  };
}
fs.exists = fsPromises.exists = async (path) => fs.existsSync(path);
fsPromises.mkdtemp = async (prefix) => { const path = place(prefix) + randomBytes(4).toHex(); host.change("mkdir", path, "", true); return path; };
builtins.set("fs", fs);
builtins.set("fs/promises", fsPromises);
hidden("readFile", fsPromises.readFile);
hidden("writeFile", fsPromises.writeFile);
hidden("listDirectory", fsPromises.readdir);
