// Functions of the host itself: what the session keeps for later programs, and tokens for private values.
const OURSELVES = "outboard:";
const ROUNDS = 100;

const state = Object.freeze({
  get: (key, fallback = null) => callTool(OURSELVES, "state_get", { key, default: fallback }),
  set: (key, value) => callTool(OURSELVES, "state_set", { key, value }),
  delete: (key) => callTool(OURSELVES, "state_delete", { key }),
  list: (prefix = "") => callTool(OURSELVES, "state_list", { prefix }),
  // Looks, lets the program decide, and writes only over what was seen; else once more.
  async update(key, change, fallback = null) {
    if (typeof change !== "function") throw new TypeError("state.update takes a key and a function of the value");
    for (let round = 0; round < ROUNDS; round++) {
      const { value, version } = await callTool(OURSELVES, "state_look", { key });
      const next = await change(version === 0 ? fallback : value);
      if (await callTool(OURSELVES, "state_put", { key, value: next, version })) return next;
    }
    throw new ToolError({ code: "limit_exceeded", message: `state.update: others changed ${key} ${ROUNDS} times meanwhile.`,
      hint: "Use a key of its own for each program, and put the parts together afterwards." });
  },
});

const tokenize = (value, kind) => callTool(OURSELVES, "tokenize", { value, kind });
const isToken = (text) => callTool(OURSELVES, "is_token", { text });

// Offered by name where neither the program nor a server has the name.
const ownNames = { state, tokenize, isToken };
