// Exact decimals: the digits of a number as it is written, rounded in every way that Intl knows.
// A decimal is 0.DIGITS times ten to the power `point`; zero has no digits.
function decimalOf(value) {
  const text = typeof value === "bigint" ? value.toString() : typeof value === "string" ? value.trim() : String(Number(value));
  const found = /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(text);
  if (!found || text === "" || !(found[2] + found[3])) {
    const number = text === "" ? 0 : Number(text);
    if (typeof value === "string" && Number.isFinite(number)) return decimalOf(number);
    return { special: Number.isNaN(number) ? "nan" : "infinity", negative: number < 0, digits: "", point: 0 };
  }
  const [, sign, whole, fraction, exponent = "0"] = found;
  const negative = sign === "-" || Object.is(value, -0);
  const all = whole + fraction;
  const digits = all.replace(/^0+/, "");
  if (Math.abs(Number(exponent)) > 400) return Number(exponent) > 0 ? { special: "infinity", negative, digits: "", point: 0 } : { negative, digits: "", point: 0 };
  const point = whole.length + Number(exponent) - (all.length - digits.length);
  return { negative, digits: digits.replace(/0+$/, ""), point: digits ? point : 0 };
}

const shifted = (decimal, by) => ({ ...decimal, point: decimal.digits ? decimal.point + by : 0 });

function roundsUp(mode, negative, rest, odd) {
  if (!/[1-9]/.test(rest)) return false;
  const half = rest[0] > "5" || (rest[0] === "5" && /[1-9]/.test(rest.slice(1))) ? 1 : rest[0] === "5" ? 0 : -1;
  switch (mode) {
    case "ceil": return !negative;
    case "floor": return negative;
    case "expand": return true;
    case "trunc": return false;
    case "halfCeil": return half > 0 || (half === 0 && !negative);
    case "halfFloor": return half > 0 || (half === 0 && negative);
    case "halfTrunc": return half > 0;
    case "halfEven": return half > 0 || (half === 0 && odd);
    default: return half >= 0;
  }
}

// Keeps `count` digits, counted from the first; it may be negative.
function keepDigits(decimal, count, mode) {
  const { digits, point, negative } = decimal;
  if (count >= digits.length) return decimal;
  const kept = digits.slice(0, Math.max(count, 0));
  const rest = count < 0 ? "0".repeat(Math.min(-count, 500)) + digits : digits.slice(count);
  if (!roundsUp(mode, negative, rest, Number(kept.at(-1) ?? 0) % 2 === 1)) {
    const left = kept.replace(/0+$/, "");
    return { negative, digits: left, point: left ? point : 0 };
  }
  if (kept === "") return { negative, digits: "1", point: point - count + 1 };
  const raised = (BigInt(kept) + 1n).toString();
  return { negative, digits: raised.replace(/0+$/, ""), point: point + raised.length - kept.length };
}

const keepFraction = (decimal, fraction, mode) => keepDigits(decimal, decimal.point + fraction, mode);

// Rounds to a multiple of `step` units of the last place.
function keepSteps(decimal, fraction, step, mode) {
  const count = decimal.point + fraction;
  const kept = count > 0 ? decimal.digits.slice(0, count).padEnd(count, "0") : "0";
  const rest = count > 0 ? decimal.digits.slice(count) : "0".repeat(-count) + decimal.digits;
  const [size, over] = [BigInt(step), BigInt(kept) % BigInt(step)];
  // What is left over, as a fraction of the step in decimal digits, decides.
  const share = ((over * 10n ** 30n + BigInt(rest.slice(0, 30).padEnd(30, "0"))) * 10n ** 3n / size).toString().padStart(33, "0");
  const times = BigInt(kept) / size + (roundsUp(mode, decimal.negative, share, (BigInt(kept) / size) % 2n === 1n) ? 1n : 0n);
  return shifted({ ...decimalOf(times * size), negative: decimal.negative }, -fraction);
}

// Whole and fraction digits, with at least so many of each.
function written({ digits, point }, leastWhole, leastFraction) {
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, "0") : "";
  const fraction = point >= 0 ? digits.slice(point) : "0".repeat(-point) + digits;
  return [whole.padStart(Math.max(leastWhole, 1), "0"), fraction.padEnd(leastFraction, "0")];
}
