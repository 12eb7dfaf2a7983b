import { describe, expect, it } from "vitest";

import { patiently } from "./patiently";

function busy(): Response {
  return new Response(null, { status: 503, headers: { "Retry-After": "0.001" } });
}

describe("a busy server", () => {
  it("is asked again until it answers", async () => {
    const answers = [busy(), busy(), new Response("done")];
    const response = await patiently(() => Promise.resolve(answers.shift() ?? busy()));
    expect(await response.text()).toBe("done");
    expect(answers).toHaveLength(0);
  });

  it("is not asked for ever, nor where it does not say when", async () => {
    let asked = 0;
    const refuse = (answer: () => Response) => () => {
      asked += 1;
      return Promise.resolve(answer());
    };
    expect((await patiently(refuse(busy))).status).toBe(503);
    expect(asked).toBe(4);
    expect((await patiently(refuse(() => new Response(null, { status: 503 })))).status).toBe(503);
    expect(asked).toBe(5);
  });
});
