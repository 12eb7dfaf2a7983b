// Money and figures as they are shown: always the same number of decimals, the sign always written.

const MINUS = "\u2212"; // as wide as a plus: columns stay aligned

const money = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });

const NOTHING = "–";

type Figure = number | null | undefined;

/** 1,234.50, or a dash where there is no figure. */
export function formatMoney(value: Figure): string {
  return isFigure(value) ? sign(value, money.format(Math.abs(value))) : NOTHING;
}

/** +1,234.50 or −1,234.50; 0.00 has no sign. */
export function formatSigned(value: Figure): string {
  return isFigure(value) ? withPlus(value, money.format(Math.abs(value)), 0.005) : NOTHING;
}

/** +1.23 % or −1.23 %. */
export function formatSignedPercent(value: Figure, digits = 2): string {
  if (!isFigure(value)) return NOTHING;
  return withPlus(value, `${fixed(value, digits)}\u202f%`, 0.5 * 10 ** -digits);
}

/** 12.3 %. */
export function formatPercent(value: Figure, digits = 1): string {
  return isFigure(value) ? sign(value, `${fixed(value, digits)}\u202f%`) : NOTHING;
}

/** A price: two decimals, four below one. */
export function formatPrice(value: Figure): string {
  if (!isFigure(value)) return NOTHING;
  return Math.abs(value) >= 1 || value === 0 ? formatMoney(value) : sign(value, Math.abs(value).toFixed(4));
}

/** 1,234. */
export function formatWhole(value: Figure): string {
  return isFigure(value) ? sign(value, whole.format(Math.abs(value))) : NOTHING;
}

/** 1.2M. */
export function formatCompact(value: Figure): string {
  return isFigure(value) ? compact.format(value) : NOTHING;
}

/** 1.23, for ratios. */
export function formatRatio(value: Figure): string {
  return isFigure(value) ? sign(value, Math.abs(value).toFixed(2)) : NOTHING;
}

/** 1,234 or 0.5: a figure of any kind, without decimals that say nothing. */
export function formatFigure(value: Figure): string {
  return isFigure(value) ? sign(value, Math.abs(value).toLocaleString("en-US", { maximumFractionDigits: 2 })) : NOTHING;
}

function fixed(value: number, digits: number): string {
  return Math.abs(value).toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function isFigure(value: Figure): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function sign(value: number, digits: string): string {
  return value < 0 && /[1-9]/.test(digits) ? MINUS + digits : digits;
}

function withPlus(value: number, digits: string, smallest: number): string {
  if (Math.abs(value) < smallest) return digits;
  return (value > 0 ? "+" : MINUS) + digits;
}
