// The server's sentence, taken apart so that the judgement can stand large and what speaks for it below.

import type { SweepFindings } from "@/lib/api/schema";

export type Level = SweepFindings["verdict"]["level"];

/** Each level in a word. */
export const LEVELS: Record<Level, string> = { holds: "Holds up", doubtful: "Not proven", luck: "Luck", nothing: "Nothing traded" };

export interface Verdict {
  level: Level;
  /** "Do not trade it". */
  opening: string;
  /** "69 % odds that the best is luck". */
  headline: string;
  evidence: string[];
}

export function verdictOf({ verdict: given }: Pick<SweepFindings, "verdict">): Verdict {
  const sentence = given.sentence.replace(/\.$/, "");
  const [opening, rest] = cut(sentence);
  const odds = / odds that /.test(rest) ? cut(rest) : null;
  if (odds) return { level: given.level, opening, headline: odds[0], evidence: sentences(odds[1]) };
  const [first = "", ...others] = sentences(rest);
  return { level: given.level, opening, headline: first, evidence: others };
}

function cut(text: string): [string, string] {
  const at = text.indexOf(": ");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 2)];
}

function sentences(text: string): string[] {
  return text.split("; ").filter(Boolean).map((part) => part.charAt(0).toUpperCase() + part.slice(1));
}
