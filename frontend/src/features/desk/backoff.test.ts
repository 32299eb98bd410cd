import { expect, test } from "vitest";
import { backoff } from "./backoff";

test("waits grow, stay within the longest and are spread by chance", () => {
  expect([0, 1, 2, 9].map((attempt) => backoff(attempt, () => 1))).toEqual([500, 1000, 2000, 4000]);
  expect(backoff(3, () => 0)).toBe(2000);
});
