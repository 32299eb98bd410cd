import { useTranslation } from "react-i18next";

/** Words for a code the server sent (a queue, a reason, a node of the menu). A code the firm added itself is
 *  shown as it is, rather than as a missing key. */
export function useWord() {
  const { t } = useTranslation();
  return (group: WordGroup, code: string | null | undefined, params: Record<string, unknown> = {}): string =>
    code ? t(`${group}.${code}`, { defaultValue: code, ...params }) : "";
}

export const WORD_GROUPS = [
  "queue",
  "menu",
  "presence",
  "pause",
  "outcome",
  "cause",
  "ticketKind",
  "disposition",
  "warning",
  "matched",
  "timeline",
  "ringEnd",
  "customerKind",
  "phoneLabel",
  "spoken",
  "importField",
  "eventType",
  "eventRoom",
  "systemPart",
  "systemDetail",
  "systemReader",
] as const;
export type WordGroup = (typeof WORD_GROUPS)[number];
