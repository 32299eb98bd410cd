import { expect, test } from "vitest";
import type { Utterance, Word } from "@/components/api/types";
import { gap, wordAt } from "./spoken";

const word = (text: string, start_s: number): Word => ({
  text,
  start_s,
  end_s: start_s + 0.3,
  confidence: 1,
});
const said: Utterance = {
  side: "caller",
  agent_extension: null,
  start_s: 1,
  end_s: 3,
  text: "屋顶漏水",
  confidence: 0.9,
  words: [word("屋顶", 1), word("漏水", 2)],
};

test.each([
  [0.9, -1],
  [1, 0],
  [1.6, 0],
  [2.1, 1],
  [3, -1],
])("at %s s word %s sounds", (seconds, index) => {
  expect(wordAt(said, seconds)).toBe(index);
});

test.each([
  ["屋顶", "漏水", ""],
  ["the", "roof", " "],
  ["找", "Lily", ""],
  ["it", "'s", " "],
])("between %s and %s stands %j", (before, after, between) => {
  expect(gap(word(before, 0), word(after, 1))).toBe(between);
});
