import { Fragment, memo, useEffect, useRef, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import type { Utterance, Word } from "@/components/api/types";
import { stopwatch } from "@/components/format/time";
import css from "./call.module.css";
import type { PlayerClock } from "./playerClock";
import { gap, wordAt } from "./spoken";

// Below this the recogniser itself doubts the word; it is shown as doubtful.
const DOUBTFUL = 0.6;

interface Props {
  utterance: Utterance;
  clock: PlayerClock;
}

/** One speaker's words. Renders again only while the player is within it. */
export const UtteranceLine = memo(function UtteranceLine({ utterance, clock }: Props) {
  const { t } = useTranslation();
  const line = useRef<HTMLDivElement>(null);
  const current = useSyncExternalStore(clock.subscribe, () => wordAt(utterance, clock.now()));
  const speaking = current >= 0;
  useEffect(() => {
    if (speaking) line.current?.scrollIntoView({ block: "nearest", behavior: "smooth" });
  }, [speaking]);
  return (
    <div
      ref={line}
      className={`${css.utterance} ${speaking ? css.speaking : ""}`}
      data-testid="utterance"
      data-side={utterance.side}
    >
      <button type="button" className={`${css.at} figures`} onClick={() => clock.playFrom(utterance.start_s)}>
        {stopwatch(utterance.start_s)}
      </button>
      <span className={css.speaker} style={{ color: `var(--${utterance.side})` }}>
        {t(`side.${utterance.side}`)}
      </span>
      <p className={css.words}>
        {utterance.words.length === 0 && utterance.text}
        {utterance.words.map((word, index) => (
          <Fragment key={word.start_s}>
            {gap(utterance.words[index - 1], word)}
            <SpokenWord word={word} on={index === current} onPlay={() => clock.playFrom(word.start_s)} />
          </Fragment>
        ))}
      </p>
    </div>
  );
});

function SpokenWord({ word, on, onPlay }: { word: Word; on: boolean; onPlay: () => void }) {
  const classes = [css.word, on ? css.wordOn : "", word.confidence < DOUBTFUL ? css.doubtful : ""].join(" ");
  return (
    <button
      type="button"
      tabIndex={-1}
      className={classes}
      onClick={onPlay}
      data-testid="word"
      data-start={word.start_s}
    >
      {word.text}
    </button>
  );
}
