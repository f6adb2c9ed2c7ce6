// The Bun guest. What follows are the parts of the TypeScript worker that make the code API; the end is Bun's own.
function prelude(host: any): any {
  "use strict";
