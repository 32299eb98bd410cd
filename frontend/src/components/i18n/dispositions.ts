/** How a call can end for the agent; the words are in the catalogues. */
export const DISPOSITIONS = [
  "resolved",
  "ticket_opened",
  "callback_promised",
  "transferred",
  "wrong_number",
  "no_response",
  "other",
] as const;
