// Calls the tools of an Outboard on this machine, from node 20 and later, deno and bun. Generated: what is written here
// is lost at the next `outboard generate`.
import { spawn } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import process from "node:process";

const here = new URL(".", import.meta.url);
const settings = JSON.parse(fs.readFileSync(new URL("outboard.json", here), "utf8"));
const host = { readText: (path) => fs.readFileSync(new URL(`.${path}`, here), "utf8") };
const api = (() => {
"use strict";
