import { useNow } from "@/components/format/clock";
import { stopwatch } from "@/components/format/time";

/** Time since a moment, counting up. */
export function Timer({ since }: { since: string }) {
  return <span className="figures">{stopwatch((useNow() - Date.parse(since)) / 1000)}</span>;
}

/** Time until a moment, counting down to 0:00. */
export function Countdown({ until }: { until: string }) {
  return <span className="figures">{stopwatch(Math.ceil((Date.parse(until) - useNow()) / 1000))}</span>;
}
