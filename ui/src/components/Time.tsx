import { Tooltip } from "@mantine/core";

import { formatAgo, formatAtExchange, formatMoment } from "@/lib/format/time";

interface TimeProps {
  value: string | null | undefined;
  /** "2 min ago" where it was just now. */
  relative?: boolean;
}

/** A moment in the viewer's zone, the exchange's on hover; a session is shown by its date. */
export function Time({ value, relative = false }: TimeProps) {
  if (!value) return <span className="faint">–</span>;
  return (
    <Tooltip label={formatAtExchange(value)}>
      <time dateTime={value} className="numeric">
        {relative ? formatAgo(value) : formatMoment(value)}
      </time>
    </Tooltip>
  );
}
