// Moments in the viewer's zone; sessions by their date, wherever the viewer is.

const EXCHANGE_ZONE = "America/New_York";
const MIDNIGHT = "T00:00:00Z";
const MINUTE = 60_000;

const dateOnly = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const local = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
});
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const exchange = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  timeZone: EXCHANGE_ZONE,
  timeZoneName: "short",
});

/** Whether a moment is the label of a session: midnight UTC of its date. */
export function isSession(moment: string): boolean {
  return moment.length === 10 || moment.endsWith(MIDNIGHT);
}

/** 3 Jul 2012 for a session, 3 Jul 2012, 15:30 for a moment. */
export function formatMoment(moment: string | null | undefined): string {
  if (!moment) return "–";
  return written(isSession(moment) ? dateOnly : local, moment);
}

/** The same at the exchange. */
export function formatAtExchange(moment: string): string {
  return isSession(moment) ? `Session of ${written(dateOnly, moment)} at the exchange` : written(exchange, moment);
}

/** 15:30:02. */
export function formatClock(moment: Date): string {
  return clock.format(moment);
}

/** 2 min ago, for what just happened; else the moment. */
export function formatAgo(moment: string, now: Date = new Date()): string {
  const minutes = Math.floor((now.getTime() - new Date(moment).getTime()) / MINUTE);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ago`;
  return formatMoment(moment);
}

/** 1 min 20 s. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Time zones by name, UTC and the viewer's own first. */
export function zones(): string[] {
  return [...new Set(["UTC", Intl.DateTimeFormat().resolvedOptions().timeZone, ...Intl.supportedValuesOf("timeZone")])];
}

/** Every month in three letters, as charts write it: British English alone has four for September. */
function written(format: Intl.DateTimeFormat, moment: string): string {
  return format.format(new Date(moment)).replace("Sept", "Sep");
}

/** Epoch seconds, as charts count. */
export function epochSeconds(moment: string): number {
  return Date.parse(moment) / 1000;
}
