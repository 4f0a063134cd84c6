// What may be said of a few noisy rounds. Nothing here knows what was measured.

export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/// An interval that holds the true median in at least 93% of all series, whatever their distribution (the sign test): from 8 rounds on
/// the outermost values are left out, below that it is smallest to largest (5 rounds: 93.75%; fewer: less than promised).
export function interval(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const left = sorted.length >= 8 ? 1 : 0;
  return [sorted[left], sorted.at(-1 - left)];
}

export const enoughRounds = 5;

/// The rounds' own ratios, value by value.
export const ratios = (own, reference) => own.map((value, i) => value / reference[i]);

/// How far a ratio's interval strays from 1, as a factor.
export const strayOf = (series) => Math.max(...interval(series).map((value) => Math.max(value, 1 / value)));

/// Whether a difference is outside noise: the interval of the ratios leaves out 1, and their median is further from 1 than anything in the
/// interval of the reference's twin (the same program and configuration once more), which has no reason to differ.
export function isOutsideNoise(series, twin) {
  if (series.length < enoughRounds) return undefined;
  const [low, high] = interval(series);
  const distance = Math.max(median(series), 1 / median(series));
  return (low > 1 || high < 1) && (!twin || distance > strayOf(twin));
}

/// The line through points [x, y] with the least squares: {slope, start, r2}.
export function line(points) {
  const mean = (of) => points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean((p) => p[0]), mean((p) => p[1])];
  const xx = mean((p) => (p[0] - x) ** 2);
  const xy = mean((p) => (p[0] - x) * (p[1] - y));
  const yy = mean((p) => (p[1] - y) ** 2);
  return { slope: xy / xx, start: y - (xy / xx) * x, r2: yy === 0 ? 1 : xy ** 2 / (xx * yy) };
}
