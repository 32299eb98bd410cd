import type { Disposition } from "@/components/api/types";

/** How a call can end for the agent, the usual ones first; the words are in the catalogues. */
export const DISPOSITIONS: readonly Disposition[] = [
  "resolved",
  "ticket_opened",
  "callback_promised",
  "transferred",
  "wrong_number",
  "no_response",
  "other",
];
