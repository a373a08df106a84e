// Round numbers for axes.

const LEAST = { decimal: 4, time: 20, binary: 1000 }; // the axis never spans less

// ticks gives an axis from 0 to at least most: its top and the values to mark.
export function ticks(most, kind) {
  const top = Math.max(most, LEAST[kind]);
  const step = kind === "time" ? timeStep(top / 3) : roundUp(top / 3);
  const values = [];
  for (let v = 0; v < top + step * 0.999; v += step) values.push(v);
  return { top: values[values.length - 1], values };
}

// roundUp is the next of 1, 2, 2.5 and 5 times a power of ten.
function roundUp(n) {
  const power = 10 ** Math.floor(Math.log10(n));
  const digit = [1, 2, 2.5, 5, 10].find((d) => d * power >= n * (1 - 1e-9));
  return digit * power;
}

// timeStep keeps to whole seconds and minutes where a decimal step would not.
function timeStep(ms) {
  return [10e3, 15e3, 20e3, 30e3, 60e3, 120e3, 300e3, 600e3, 900e3, 1800e3, 3600e3].find((s) => ms > 5e3 && s >= ms) ?? roundUp(ms);
}
