import { formatMoney, formatPrice, formatSigned, formatSignedPercent } from "@/lib/format/money";

import classes from "./Money.module.css";

type Figure = number | null | undefined;

/** An amount: aligned, two decimals. */
export function Money({ value }: { value: Figure }) {
  return <span className={classes.money}>{formatMoney(value)}</span>;
}

/** A price: two decimals, four below one. */
export function Price({ value }: { value: Figure }) {
  return <span className={classes.money}>{formatPrice(value)}</span>;
}

/** A gain or a loss: its sign and an arrow say so beside the colour; *bare* leaves the arrow to the figure before it. */
export function Gain({ value, percent = false, bare = false, digits }: { value: Figure; percent?: boolean; bare?: boolean; digits?: number }) {
  const text = percent ? formatSignedPercent(value, digits) : formatSigned(value);
  const direction = directionOf(value, text);
  return (
    <span className={[classes.money, direction].filter(Boolean).join(" ")}>
      {!bare && (
        <span className={classes.mark} aria-hidden="true">
          {direction === "gain" ? "▲" : direction === "loss" ? "▼" : ""}
        </span>
      )}
      {text}
    </span>
  );
}

function directionOf(value: Figure, text: string): "gain" | "loss" | null {
  if (typeof value !== "number" || !/[1-9]/.test(text)) return null;
  return value > 0 ? "gain" : "loss";
}
