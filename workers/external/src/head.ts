// A guest. What follows are the parts of the TypeScript worker that make the code API; then comes what is the engine's own.
function prelude(host: any): any {
  "use strict";
