import { expect, test } from "vitest";
import type { CustomerCard, Pop } from "@/components/api/types";
import { likeliest } from "./popFacts";

const pop = (...tied: boolean[]) =>
  ({ candidates: tied.map((each, place) => ({ id: String(place), tied: each }) as CustomerCard) }) as Pop;

test("who stands first is taken for the caller, unless nothing tells him from the second", () => {
  expect(likeliest(pop(false, false))?.id).toBe("0");
  expect(likeliest(pop(false, true, true))?.id).toBe("0");
  expect(likeliest(pop(true, true))).toBeNull();
  expect(likeliest(pop())).toBeNull();
});
