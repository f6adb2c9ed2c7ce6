// The last part: the names that programs see, and the functions that the host calls.
const client = { callMCPTool, callTool: callMCPTool, toArguments, ToolError, searchTools, sleep, servers, ...ownNames };
for (const [name, value] of Object.entries({ callMCPTool, toArguments, ToolError, searchTools, servers, require })) hidden(name, value);
for (const name of ["callTool", "call_tool", "call_mcp_tool"]) hidden(name, callMCPTool);
hidden("__outboard_module", (name) => parts.get(name));
hidden("__outboard_main", main);
hidden("__outboard_program", program);
// What the decorators of a stripped program refer to.
hidden("babelHelpers", {
  decorate(decorators, target, key, descriptor) {
    const own = arguments.length < 3 ? target : descriptor === null ? Object.getOwnPropertyDescriptor(target, key) : descriptor;
    let result = own;
    for (const decorator of decorators.toReversed()) {
      result = (arguments.length < 3 ? decorator(result) : arguments.length > 3 ? decorator(target, key, result) : decorator(target, key)) || result;
    }
    if (arguments.length > 3 && result) Object.defineProperty(target, key, result);
    return result;
  },
  decorateParam: (index, decorator) => (target, key) => decorator(target, key, index),
  decorateMetadata: () => () => undefined,
});
hidden("module", { exports: {} });
hidden("global", globalThis);

function begin(inputText, names, runCalled) {
  began.at = host.now();
  hidden("input", inputText === undefined ? undefined : JSON.parse(inputText));
  program.runCalled = runCalled;
  bindFree(names);
}

// After a rehearsal: no program has run yet.
function forget() {
  Object.assign(program, { last: undefined, default: undefined, names: {}, runCalled: false });
  lib.value = undefined;
  delete globalThis.input;
}

Object.assign(lib, { resolve, moduleText, settle, fire, begin, forget, bindFree, preflight, encodeResult, describe,
  watch(promise) { promise.catch(() => undefined); } });
return lib;
