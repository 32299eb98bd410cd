import type { TFunction } from "i18next";
import type { CustomerCard, Pop, Presence } from "@/components/api/types";
import { formatPhone } from "@/components/format/phone";

/** The candidate who stands first, when something sets him apart. */
export function likeliest(pop: Pop): CustomerCard | null {
  const [first] = pop.candidates;
  return first && !first.tied ? first : null;
}

/** One line that names the caller: the record's name, else the number, else "withheld". */
export function popTitle(pop: Pop, t: TFunction): string {
  const [first, second] = pop.candidates;
  if (first && !second) return first.name;
  return popNumber(pop, t);
}

export function popNumber(pop: Pop, t: TFunction): string {
  if (pop.withheld) return t("call.withheld");
  return formatPhone(pop.number, pop.raw_number) || t("call.withheld");
}

/** Why no call can reach an agent who wants them; null when nothing is in the way. */
export function unreachable(presence: Presence): "pbxLost" | "phoneMissing" | null {
  if (!presence.pbx_connected) return "pbxLost";
  return presence.phone_registered ? null : "phoneMissing";
}

/** When the present state began: ringing, talking, or over. */
export function popSince(pop: Pop): string {
  if (pop.state === "ended") return pop.ended_at ?? pop.answered_at ?? pop.ringing_at;
  if (pop.state === "talking") return pop.answered_at ?? pop.ringing_at;
  return pop.ringing_at;
}

/** Seconds in the queue until the first agent answered; while nobody has, until it rang here. */
export function waitSeconds(pop: Pop): number | null {
  if (!pop.queued_at) return null;
  const queued = Date.parse(pop.queued_at);
  const answers = [pop.answered_at ?? pop.ringing_at, ...pop.colleagues.map((each) => each.answered_at)]
    .map((at) => Date.parse(at))
    .filter((at) => at >= queued);
  return answers.length > 0 ? (Math.min(...answers) - queued) / 1000 : 0;
}
