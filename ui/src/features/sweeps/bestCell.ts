export interface Cell {
  row: number;
  column: number;
}

/** Where the best value stands, of equals the first; null where there is none. */
export function bestCell(values: (number | null)[][], isLow: boolean): Cell | null {
  let best: (Cell & { value: number }) | null = null;
  values.forEach((line, row) =>
    line.forEach((value, column) => {
      if (value !== null && (best === null || (isLow ? value < best.value : value > best.value))) best = { row, column, value };
    }),
  );
  const found = best as (Cell & { value: number }) | null;
  return found && { row: found.row, column: found.column };
}
