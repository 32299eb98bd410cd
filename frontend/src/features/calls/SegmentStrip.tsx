import { useTranslation } from "react-i18next";
import type { Segment } from "@/components/api/types";
import { stopwatch } from "@/components/format/time";
import css from "./player.module.css";

/** A narrower part of the whole has no room for its name: the tooltip has it. */
const LABELLED = 0.05;

interface Props {
  segments: Segment[];
  /** Length of the whole recording. */
  seconds: number;
  onPlay: (at: number) => void;
}

/** What the call was doing when, over the wave form: menu, queue, talk. A click plays from there. */
export function SegmentStrip({ segments, seconds, onPlay }: Props) {
  const { t } = useTranslation();
  const percent = (at: number) => `${(100 * at) / Math.max(seconds, 0.001)}%`;
  const words = (segment: Segment) =>
    [t(`segment.${segment.kind}`), segment.agent_extension].filter(Boolean).join(" ");
  return (
    <div className={css.strip}>
      {segments.map((segment) => (
        <button
          key={segment.start_s}
          type="button"
          className={`${css.segment} ${css[segment.kind]}`}
          style={{ left: percent(segment.start_s), width: percent(segment.end_s - segment.start_s) }}
          title={`${words(segment)} ${stopwatch(segment.start_s)}–${stopwatch(segment.end_s)}`}
          onClick={() => onPlay(segment.start_s)}
          data-testid={`segment-${segment.kind}`}
        >
          {(segment.end_s - segment.start_s) / seconds > LABELLED ? words(segment) : null}
        </button>
      ))}
    </div>
  );
}
