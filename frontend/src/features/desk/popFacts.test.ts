import { expect, test } from "vitest";
import type { CustomerCard, Pop } from "@/components/api/types";
import { likeliest, waitSeconds } from "./popFacts";

const pop = (...tied: boolean[]) =>
  ({ candidates: tied.map((each, place) => ({ id: String(place), tied: each }) as CustomerCard) }) as Pop;

test("who stands first is taken for the caller, unless nothing tells him from the second", () => {
  expect(likeliest(pop(false, false))?.id).toBe("0");
  expect(likeliest(pop(false, true, true))?.id).toBe("0");
  expect(likeliest(pop(true, true))).toBeNull();
  expect(likeliest(pop())).toBeNull();
});

test("a caller has waited until the first agent answered, whoever has him now", () => {
  const at = (second: number) => new Date(Date.UTC(2026, 10, 2, 4, 0, second)).toISOString();
  const given = (queued: number, answered: number[], colleagues: number[]) =>
    ({
      queued_at: at(queued),
      ringing_at: at(20),
      answered_at: answered.length > 0 ? at(answered[0] ?? 0) : null,
      colleagues: colleagues.map((second) => ({ answered_at: at(second) })),
    }) as Pop;
  expect(waitSeconds(given(5, [], []))).toBe(15);
  expect(waitSeconds(given(5, [22], [6]))).toBe(1);
  expect(waitSeconds(given(12, [22], [6]))).toBe(10); // queued again after the first talk
});
