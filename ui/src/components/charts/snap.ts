import { epochSeconds } from "@/lib/format/time";

import type { Mark } from "./PriceChart";

/**
 * Put each mark on the bar that it belongs to: the last one that had begun. Marks before the first bar are left out.
 * *times* are epoch seconds, rising.
 */
export function snapToBars(marks: Mark[], times: number[]): { mark: Mark; time: number }[] {
  const placed = marks.flatMap((mark) => {
    const row = lastAtOrBefore(times, epochSeconds(mark.time));
    const time = times[row];
    return time === undefined ? [] : [{ mark, time }];
  });
  return placed.sort((a, b) => a.time - b.time);
}

/** The index of the last value at or below *wanted*, -1 where there is none. */
export function lastAtOrBefore(values: number[], wanted: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? 0) <= wanted) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
