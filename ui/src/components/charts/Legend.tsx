import classes from "./Legend.module.css";

export interface LegendEntry {
  name: string;
  tone: "main" | "second" | "other" | "bad";
}

/** Which line is which. */
export function Legend({ items }: { items: LegendEntry[] }) {
  return (
    <ul className={classes.legend}>
      {items.map((item) => (
        <li key={item.name} className={classes.item}>
          <span className={classes.mark} data-tone={item.tone} aria-hidden="true" />
          {item.name}
        </li>
      ))}
    </ul>
  );
}
