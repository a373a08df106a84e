// How numbers, money, names and times are written.

const LOCALE = document.documentElement.lang || "en";
const CODES = new Set(["ean", "id", "sku"]); // names said letter by letter
const UNITS = {
  mm: "mm", cm: "cm", m: "m", km: "km", g: "g", kg: "kg", ml: "ml", l: "l", w: "W", kw: "kW", v: "V", hz: "Hz", ghz: "GHz",
  mah: "mAh", wh: "Wh", mb: "MB", gb: "GB", tb: "TB", lm: "lm", db: "dB", min: "min", h: "h",
};
const formats = new Map();

function numberFormat(options) {
  const key = JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.NumberFormat(LOCALE, options));
  return formats.get(key);
}

export function count(n) {
  return numberFormat({}).format(n);
}

export function decimal(n, digits = 1) {
  return numberFormat({ maximumFractionDigits: digits }).format(n);
}

export function products(n) {
  return `${count(n)} ${n === 1 ? "product" : "products"}`;
}

// minorDigits is how many digits of a currency's amounts are after the point.
export function minorDigits(currency) {
  try {
    return numberFormat({ style: "currency", currency }).resolvedOptions().maximumFractionDigits;
  } catch {
    return 2;
  }
}

// money writes an amount of minor units; digits says how many of them are after
// the point, where the schema knows better than the currency.
export function money({ amount, currency }, digits = minorDigits(currency)) {
  const major = amount / 10 ** digits;
  try {
    return numberFormat({
      style: "currency", currency, minimumFractionDigits: digits, maximumFractionDigits: digits,
    }).format(major);
  } catch {
    return `${decimal(major, digits)} ${currency ?? ""}`.trim();
  }
}

// label turns a field's name into words: "attr.product_colour" is
// "Product colour", "height_cm" is "Height (cm)".
export function label(name) {
  const words = name.replace(/^attr\./, "").replace(/__(.+?)_+$/, " ($1)").replace(/_+/g, " ").trim()
    .replace(/ (\w+)$/, (end, unit) => (UNITS[unit] ? ` (${UNITS[unit]})` : end));
  return CODES.has(words) ? words.toUpperCase() : words.charAt(0).toUpperCase() + words.slice(1);
}

// value writes a field's value in words.
export function value(v) {
  if (v === true || v === "true") return "Yes";
  if (v === false || v === "false") return "No";
  if (typeof v === "number") return decimal(v, 3);
  if (Array.isArray(v)) return v.map(value).join(", ");
  return String(v);
}

// first is a value, or the first of several.
export function first(v) {
  return Array.isArray(v) ? v[0] : v;
}

export function day(time) {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return "";
  return date.toLocaleDateString(LOCALE, { year: "numeric", month: "short", day: "numeric", timeZone: "UTC" });
}

export function clock(time, seconds = true) {
  return new Date(time).toLocaleTimeString(LOCALE, {
    hour: "2-digit", minute: "2-digit", second: seconds ? "2-digit" : undefined, hourCycle: "h23",
  });
}

// duration writes milliseconds in the largest unit that reads well.
export function duration(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60e3) return `${decimal(ms / 1000)} s`;
  if (ms < 3600e3) return `${Math.floor(ms / 60e3)} min ${Math.round((ms % 60e3) / 1000)} s`;
  return `${Math.floor(ms / 3600e3)} h ${Math.round((ms % 3600e3) / 60e3)} min`;
}

export function bytes(n) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let i = 0;
  while (n >= 1000 && i < units.length - 1) {
    n /= 1000;
    i++;
  }
  return `${decimal(n, n < 10 && i > 0 ? 1 : 0)} ${units[i]}`;
}
