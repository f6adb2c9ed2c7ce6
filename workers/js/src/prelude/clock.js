// The clock and random numbers, asked of the host part so that a run can be repeated.
const MachineDate = Date;
const hiddenIn = (object, name, value) => Object.defineProperty(object, name, { value, writable: true, configurable: true, enumerable: false });
const began = { at: host.now() };

function ProgramDate(...args) {
  if (new.target === undefined) return new MachineDate(host.now()).toString();
  return Reflect.construct(MachineDate, args.length ? args : [host.now()], new.target === ProgramDate ? MachineDate : new.target);
}
Object.defineProperties(ProgramDate, {
  name: { value: "Date" }, length: { value: 7 }, prototype: { value: MachineDate.prototype, writable: false },
});
for (const name of ["UTC", "parse"]) hiddenIn(ProgramDate, name, MachineDate[name]);
hiddenIn(ProgramDate, "now", () => Math.floor(host.now()));
hiddenIn(MachineDate.prototype, "constructor", ProgramDate);
hidden("Date", ProgramDate);

hiddenIn(Math, "random", () => {
  const bytes = host.random(7);
  let value = bytes[0] & 31;
  for (let at = 1; at < 7; at++) value = value * 256 + bytes[at];
  return value / 9007199254740992;
});

hidden("performance", {
  now: () => host.now() - began.at,
  get timeOrigin() { return began.at; },
  mark() {}, measure() {}, toJSON() { return { timeOrigin: began.at }; },
});
