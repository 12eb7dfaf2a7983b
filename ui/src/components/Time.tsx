import { formatAgo, formatAtExchange, formatMoment } from "@/lib/format/time";

interface TimeProps {
  value: string | null | undefined;
  /** "2 min ago" where it was just now. */
  relative?: boolean;
}

/** A moment in the viewer's zone, the exchange's on hover; a session is shown by its date. */
export function Time({ value, relative = false }: TimeProps) {
  if (!value) return <span className="faint">–</span>;
  // The browser's own tooltip: a list has dozens of these, and each of the library's listens and measures.
  return (
    <time dateTime={value} className="numeric" title={formatAtExchange(value)}>
      {relative ? formatAgo(value) : formatMoment(value)}
    </time>
  );
}
