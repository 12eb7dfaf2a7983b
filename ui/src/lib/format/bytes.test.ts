import { expect, it } from "vitest";

import { formatBytes } from "./bytes";

it("sizes are told in the largest unit of which there is one", () => {
  expect([0, 1023, 1024, 6_250_496, 5 * 1024 ** 4].map(formatBytes)).toEqual(["0 bytes", "1023 bytes", "1.0 KB", "6.0 MB", "5.0 TB"]);
});
