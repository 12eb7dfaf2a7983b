import { describe, expect, it } from "vitest";

import { verdictOf, type Level } from "./verdict";

const of = (level: Level, sentence: string) => verdictOf({ verdict: { level, sentence, odds_of_luck: null } });

describe("the verdict on a sweep", () => {
  it("has its odds apart from what speaks for them", () => {
    expect(of("luck", "Do not trade it: 69 % odds that the best is luck: chosen on half of the past it was in the worse half of the rest 69 % of the time; only 3 closed trades.")).toEqual({
      level: "luck",
      opening: "Do not trade it",
      headline: "69 % odds that the best is luck",
      evidence: ["Chosen on half of the past it was in the worse half of the rest 69 % of the time", "Only 3 closed trades"],
    });
  });

  it("without odds says why there are none", () => {
    expect(of("doubtful", "Not proven: too few sessions or combinations to tell skill from luck; only 1 closed trade.")).toMatchObject({
      headline: "Too few sessions or combinations to tell skill from luck",
      evidence: ["Only 1 closed trade"],
    });
    expect(of("nothing", "Nothing to judge: no combination traded.")).toMatchObject({ opening: "Nothing to judge", headline: "No combination traded", evidence: [] });
  });
});
