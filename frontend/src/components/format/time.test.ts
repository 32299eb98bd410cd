import type { TFunction } from "i18next";
import { expect, test } from "vitest";
import { clockTime, dayTime, stopwatch } from "./time";

const shanghai = { timezone: "Asia/Shanghai", language: "zh-CN" };
const t = ((key: string) =>
  ({ "time.today": "今天", "time.yesterday": "昨天" })[key]) as unknown as TFunction;
const now = Date.parse("2026-11-22T01:00:00Z");

test("moments are shown in the firm's time zone", () => {
  expect(clockTime("2026-11-22T01:02:03Z", shanghai)).toBe("09:02:03");
});

test.each([
  ["2026-11-21T16:30:00Z", "今天 00:30"],
  ["2026-11-21T15:30:00Z", "昨天 23:30"],
  ["2026-11-19T02:00:00Z", "11月19日 10:00"],
  ["2025-11-19T02:00:00Z", "2025年11月19日 10:00"],
])("%s is %s", (at, shown) => {
  expect(dayTime(at, shanghai, t, now)).toBe(shown);
});

test.each([
  [7.9, "0:07"],
  [760, "12:40"],
  [3723, "1:02:03"],
  [-3, "0:00"],
])("%s s on the stop-watch", (seconds, shown) => {
  expect(stopwatch(seconds)).toBe(shown);
});
