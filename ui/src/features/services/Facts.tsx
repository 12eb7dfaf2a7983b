import { facts } from "@/lib/words/evidence";

import classes from "./ServicePage.module.css";

/** The figures behind a decision. */
export function Facts({ evidence }: { evidence: Record<string, unknown> }) {
  const shown = facts(evidence);
  if (shown.length === 0) return null;
  return (
    <ul className={classes.facts}>
      {shown.map((fact) => (
        <li key={fact.name} className={classes.fact}>
          <span className="faint">{fact.name}</span> {fact.value}
        </li>
      ))}
    </ul>
  );
}
