import classes from "./StateBadge.module.css";

type Tone = "good" | "wait" | "bad" | "off" | "busy";

const TONES: Record<string, Tone> = {
  ACTIVE: "good",
  PAUSED: "wait",
  ERROR: "bad",
  INACTIVE: "off",
  SUBMITTING: "busy",
  ACCEPTED: "busy",
  PARTIALLY_FILLED: "busy",
  OPEN: "busy",
  CLOSED: "good",
  CANCELLED: "off",
  FILLED: "good",
  EXPIRED: "off",
  REJECTED: "bad",
  QUEUED: "wait",
  RUNNING: "busy",
  SUCCEEDED: "good",
  FAILED: "bad",
};

const WORDS: Record<string, string> = {
  INACTIVE: "Stopped",
  SUBMITTING: "Being sent",
};

/** A state as a word. */
export function stateTitle(state: string): string {
  return WORDS[state] ?? state.charAt(0) + state.slice(1).toLowerCase().replaceAll("_", " ");
}

/** A state as a word with a mark whose shape says the same. */
export function StateBadge({ state, word }: { state: string; word?: string | undefined }) {
  return (
    <span className={`${classes.badge} ${classes[TONES[state] ?? "wait"]}`}>
      <span className={classes.mark} aria-hidden="true" />
      {word ?? stateTitle(state)}
    </span>
  );
}
