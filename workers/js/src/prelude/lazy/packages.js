// What to write instead of a package that is not here. Each line: names of packages, then the advice.
const instead = [
  ["csv-parse csv-parse/sync papaparse csv-parser csvtojson fast-csv neat-csv d3-dsv csv-stringify csv-stringify/sync csv csv/sync json2csv", 'import { parse, stringify } from "outboard:csv"'],
  ["ndjson jsonlines split2 ndjson-parse jsonl", 'import { parse, stringify } from "outboard:jsonl"'],
  ["lodash lodash-es underscore ramda remeda radash es-toolkit rambda", "the language has it: Object.groupBy(list, (x) => x.key), [...new Set(list)], list.toSorted(compare), structuredClone(value), Object.fromEntries(pairs), list.flatMap(f)"],
  ["axios node-fetch cross-fetch got ky undici superagent request request-promise isomorphic-fetch needle", "fetch(url), where the operator granted the host"],
  ["uuid nanoid cuid ulid short-uuid @paralleldrive/cuid2", "crypto.randomUUID()"],
  ["date-fns dayjs moment moment-timezone luxon date-fns-tz @date-fns/tz @js-joda/core", 'new Intl.DateTimeFormat("en-US", { timeZone: "Europe/Berlin", dateStyle: "medium" }).format(date), and Date with getTime() for sums'],
  ["numeral accounting currency.js", 'new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" }).format(n)'],
  ["zod joi yup ajv valibot superstruct io-ts @sinclair/typebox runtypes", "plain checks such as typeof x === \"string\"; arguments of tools are checked for you"],
  ["p-limit p-map p-queue p-all async bluebird p-series bottleneck", "await Promise.all(list.map(f)); calls are limited for you"],
  ["p-retry async-retry retry delay p-timeout", "a loop with try, catch and await sleep(ms)"],
  ["fs-extra graceful-fs mkdirp rimraf glob fast-glob globby del tempy tmp write-file-atomic", 'import fs from "node:fs/promises" (readdir with { recursive: true } lists a tree; writing makes missing folders)'],
  ["qs query-string url-parse whatwg-url", 'new URL(text), new URLSearchParams(object), or import querystring from "node:querystring"'],
  ["crypto-js md5 sha1 sha.js js-sha256 hash.js object-hash bcrypt bcryptjs jsonwebtoken jose", 'import { createHash, createHmac } from "node:crypto"'],
  ["deep-equal fast-deep-equal lodash.isequal lodash/isEqual dequal", 'import { isDeepStrictEqual } from "node:util"'],
  ["clone rfdc lodash.clonedeep lodash/cloneDeep", "structuredClone(value)"],
  ["eventemitter3 mitt events-emitter nanoevents emittery", 'import { EventEmitter } from "node:events"'],
  ["chalk kleur picocolors colors ansi-colors cli-table3 ora winston pino debug signale loglevel", "console.log, console.table, console.error"],
  ["dotenv dotenv/config", "nothing: programs have no environment and no secrets; tools are signed in already"],
  ["js-yaml yaml toml ini xml2js fast-xml-parser", "JSON, or a tool that reads the format; short files can be read with split(\"\\n\") and a regular expression"],
  ["cheerio jsdom linkedom node-html-parser htmlparser2 parse5 puppeteer playwright", "a tool that reads pages: await searchTools(\"read a web page\")"],
  ["xlsx exceljs pdf-parse pdf-lib pdfjs-dist mammoth docx sharp jimp", "a tool that reads the file: await searchTools(\"read a document\")"],
  ["openai @anthropic-ai/sdk ai @ai-sdk/openai langchain @langchain/core @mastra/core", "nothing: a program moves data; what needs a model is done by who reads the result"],
  ["@modelcontextprotocol/sdk @modelcontextprotocol/client mcp-client fastmcp", 'import { toolName } from "./servers/server-name"; await toolName({ … })'],
  ["express fastify koa hono ws socket.io http https http2 net tls dgram node:http node:https node:net", "fetch to ask, where the operator granted the host; a program cannot serve"],
  ["child_process node:child_process execa shelljs cross-spawn zx", "a bash program: run_code with language \"bash\""],
  ["worker_threads node:worker_threads cluster piscina", "await Promise.all(calls): calls run side by side, code in one thread"],
  ["readline node:readline readline/promises node:readline/promises inquirer prompts", 'the program\'s `input`, or (await readFile(path)).split("\\n") for lines'],
  ["stream node:stream stream/promises node:stream/promises", "whole values: await readFile(path), and list methods or async generators"],
  ["zlib node:zlib pako fflate jszip adm-zip tar archiver", "a bash program: run_code with language \"bash\" has gzip and tar where the host has them"],
  ["decimal.js big.js bignumber.js mathjs math.js", "BigInt for whole numbers (cents rather than dollars), Math for the rest"],
  ["simple-statistics d3-array stats-lite ml-matrix danfojs arquero", "reduce and sort; or a Python program, which may have pandas"],
  ["slugify change-case camelcase lodash.camelcase he html-entities escape-html", "text.replace(/…/g, …), text.normalize(\"NFD\")"],
  ["sqlite3 better-sqlite3 pg mysql2 mongodb ioredis redis knex drizzle-orm @prisma/client", "a tool of a server that reaches the database: await searchTools(\"run a query\")"],
  ["path-browserify upath", 'import path from "node:path"'],
  ["buffer/ safe-buffer", "Buffer, which is there without an import"],
  ["abort-controller node-abort-controller", "AbortController, which is there without an import"],
  ["assert-plus chai expect vitest jest @jest/globals mocha node:test", 'import assert from "node:assert"'],
  ["tslib core-js regenerator-runtime", "nothing: leave the import out"],
];
const adviceByName = new Map(instead.flatMap(([names, advice]) => names.split(" ").map((name) => [name, advice])));

// For "lodash/groupBy" the advice about "lodash" holds.
function advice(spec) {
  const base = spec.startsWith("@") ? spec.split("/").slice(0, 2).join("/") : spec.split("/")[0];
  return adviceByName.get(spec) ?? adviceByName.get(base) ?? (base.startsWith("lodash.") ? adviceByName.get("lodash") : undefined);
}
return { advice };
