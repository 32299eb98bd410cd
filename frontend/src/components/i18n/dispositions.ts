/** How a call can end for the agent; the words are in the catalogues. */
export const DISPOSITIONS = [
  "resolved",
  "ticket",
  "callback",
  "transferred",
  "information",
  "wrong_number",
  "nuisance",
  "silent",
] as const;
