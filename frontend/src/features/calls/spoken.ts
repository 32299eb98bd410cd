import type { Utterance, Word } from "@/components/api/types";

/** Which word sounds at a moment; between two words the one just said; -1 outside the utterance. */
export function wordAt(utterance: Utterance, seconds: number): number {
  if (seconds < utterance.start_s || seconds >= utterance.end_s) return -1;
  return utterance.words.findLastIndex((word) => word.start_s <= seconds);
}

const LATIN_END = /[\p{Script=Latin}\d.,!?']$/u;
const LATIN_START = /^[\p{Script=Latin}\d']/u;

/** What stands between two words: a space between Latin words, nothing between Chinese ones. */
export function gap(before: Word | undefined, after: Word): string {
  return before && LATIN_END.test(before.text) && LATIN_START.test(after.text) ? " " : "";
}
